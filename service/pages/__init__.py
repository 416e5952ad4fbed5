"""The web page of the service: what a person sees who opens its address in a browser.

shell    the routes: the page, made by jinja2, and its files
web/     the page's own files, sent as they are; the page asks nobody else for anything

    page.html    the frame: head, places for what the scripts write
    style.css    how it looks, in light and dark, from phones to wide screens
    main.js      begins, and says which view an address is
    service.js   what is asked of the service, with the key; streams of events
    elements.js  elements of the document, made of texts alone
    story.js     a run, folded from its events
    placing.js   where the boxes of a plan stand
    plan.js      the plan, drawn: only what is in sight is in the document
    timeline.js  what ran when
    answer.js    the answer, its marks and its sources
    aside.js     what is shown beside: passages, steps
    asking.js    the form that asks
    listing.js   the list of runs
    run.js       one run
    comparing.js two runs side by side

The page is a client of the interface like any other: it keeps the API key in the tab's
sessionStorage and sends it as a header. A cookie would be sent with every request to this host,
whichever port it is for, and by whatever page causes it; a header is sent by this page alone, so no
other page can ask in its name. All text is put into the document as text: no script writes HTML,
and the policy of the page forbids it.
"""

from service.pages.shell import routes

__all__ = ["routes"]
