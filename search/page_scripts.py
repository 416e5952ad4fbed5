"""What is run inside a page to read it: in a world of its own, where the page has changed nothing.

The getters are taken from their prototypes: a form answers `form.childNodes` with its input of that
name, whatever the world.
"""

QUIET = """(quiet, most) => new Promise((done) => {
  let timer = 0;
  const finish = () => { observer.disconnect(); clearTimeout(timer); done(true); };
  const wait = () => { clearTimeout(timer); timer = setTimeout(finish, quiet); };
  const observer = new MutationObserver(wait);
  observer.observe(document, {subtree: true, childList: true, characterData: true});
  setTimeout(finish, most);
  wait();
})"""
"""Until nothing has changed for `quiet` milliseconds, or for `most`."""

READ = """(most, nodes) => {
  const getter = (kind, name) => Object.getOwnPropertyDescriptor(kind.prototype, name).get;
  const [children, sort, data] = [
    getter(Node, "childNodes"), getter(Node, "nodeType"), getter(CharacterData, "data"),
  ];
  const [name, shadow] = [getter(Element, "localName"), getter(Element, "shadowRoot")];
  const attribute = Element.prototype.getAttribute;
  const dropped = new Set(["noscript", "template", "iframe", "style", "link", "svg", "object"]);
  const isDropped = (node) => dropped.has(name.call(node)) || (name.call(node) === "script"
    && attribute.call(node, "type") !== "application/ld+json");
  const inner = (node) => {
    const root = shadow.call(node);
    if (root) return children.call(root);
    const given = node instanceof HTMLSlotElement ? node.assignedNodes() : [];
    return given.length ? given : children.call(node);
  };
  const inert = document.implementation.createHTMLDocument("");
  const copied = (node) => inert.importNode(node, false);
  const top = copied(document.documentElement);
  const waiting = [[document.documentElement, top]];
  while (waiting.length) {
    const [from, to] = waiting.pop();
    for (const child of inner(from)) {
      if (nodes-- <= 0) break;
      if (sort.call(child) === 3) {
        Node.prototype.appendChild.call(to, inert.createTextNode(data.call(child)));
      } else if (sort.call(child) === 1 && !isDropped(child)) {
        const copy = copied(child);
        Node.prototype.appendChild.call(to, copy);
        waiting.push([child, copy]);
      }
    }
  }
  return [document.URL, top.outerHTML.slice(0, most)];
}"""
"""Where the page is, and the page as HTML, at most so many characters of so many nodes, with what
stands in the shadows of its elements, where it is shown. A copy in a document that runs nothing, so
that no script hears."""
