"""How pages look: on a screen, on paper, and in a PDF."""

COMMON = """
html{font:16px/1.55 system-ui,"Noto Sans","Segoe UI",sans-serif;color:#1b1b1b;background:#fff}
body{max-width:46rem;margin:0 auto;padding:2rem 1.2rem 5rem;overflow-wrap:anywhere}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 .8rem}
h2{font-size:1.25rem;line-height:1.3;margin:2rem 0 .6rem}
p{margin:.6rem 0}
a{color:#0b57a4}
.asked{color:#555;margin-top:-.4rem}
.remark{border:1px solid #c9a227;background:#fff8e1;padding:.4rem .8rem;border-radius:6px}
.claim.partly{background:#fff3cd}
.claim.unsupported,.claim.contradicted{background:#fde2e0}
.verdict{font-size:.85em;color:#8a3b00;font-style:italic;white-space:nowrap}
.legend{font-size:.9em;color:#555;border-left:3px solid #c9a227;padding-left:.8rem;margin:1.4rem 0}
.legend p{margin:.2rem 0}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.94em}
th,td{border:1px solid #c8ccd2;padding:.35rem .6rem;text-align:start;vertical-align:top}
th{background:#f2f4f7}
.plan{margin:1.6rem 0}
.plan svg{max-width:100%;height:auto;display:block;margin:0 auto}
figcaption{font-size:.9em;color:#555;text-align:center;margin-top:.4rem}
ol.sources{padding:0;list-style:none}
ol.sources>li{margin:0 0 1.2rem}
.label{font-weight:600;margin-inline-end:.4rem}
.details{color:#555;font-size:.92em}
blockquote{border-inline-start:3px solid #b9bec6;margin:.4rem 0 0;padding-inline-start:.9rem;
color:#333;white-space:pre-line;font-size:.93em}
blockquote .place{display:block;color:#666;font-size:.92em}
footer{margin-top:3rem;font-size:.82em;color:#666;border-top:1px solid #ddd;padding-top:.5rem}
p,td,.quote,blockquote{hyphens:auto;-webkit-hyphens:auto}
.verdict,a,.mark,.place,.details{hyphens:manual;-webkit-hyphens:manual}
:is(:lang(ar),:lang(fa),:lang(ur),:lang(he),:lang(ja),:lang(zh),:lang(ko)).verdict{
font-style:normal}
sup{font-size:.75em;vertical-align:super;line-height:0}
"""

SCREEN = """
p,li,td,th,h1,h2{position:static}
.around{position:relative}
.cite{unicode-bidi:isolate}
.scroll{overflow-x:auto}
.scroll table{overflow-wrap:break-word}
.mark{all:unset;cursor:pointer;color:#0b57a4;white-space:normal}
.notes{white-space:nowrap}
.raised{font-size:.75em;position:relative;top:-.45em;line-height:1}
.mark:hover,.mark:focus{text-decoration:underline}
.mark:focus-visible{outline:2px solid #0b57a4;outline-offset:1px;border-radius:2px}
.tip{display:none;white-space:normal;position:absolute;left:0;right:0;z-index:9;padding-top:.3rem;text-align:start}
.tip>span{display:block;max-height:19rem;overflow:auto;background:#fff;color:#1b1b1b;
border:1px solid #8a8f98;border-radius:8px;box-shadow:0 6px 24px #0004;padding:.7rem .9rem;
font-size:14px;line-height:1.5;font-weight:400;font-style:normal}
.tip b,.tip .quote{display:block}
.tip .quote{white-space:pre-line;margin:.35rem 0}
.cite:hover>.tip,.cite:focus-within>.tip{display:block}
li:target,div.passage:target{outline:2px solid #c9a227;outline-offset:6px;border-radius:4px}
@media(max-width:40rem){.tip{position:fixed;bottom:0;padding:.5rem}
.tip>span{max-height:50vh}}
@media(prefers-color-scheme:dark){html{background:#15171a;color:#e4e6e9}a,.mark{color:#8ab8f0}
.asked,.details,figcaption,.legend,footer,blockquote .place{color:#a9afb8}blockquote{color:#c9cdd3}
.remark{background:#332b10}.claim.partly{background:#4a3c10}
.claim.unsupported,.claim.contradicted{background:#552420}.verdict{color:#f0b27a}
th{background:#23262b}th,td{border-color:#444}.tip>span{background:#1f2226;color:#e4e6e9}
svg .box{fill:#1f2226}svg .asked{fill:#b6bcc5}svg .value{fill:#f2f4f7}
svg .head{filter:brightness(1.9)}}
@media print{.tip{display:none!important}.mark{color:inherit}}
"""

PAGE_LOOKS = COMMON + SCREEN
"""Of pages for a screen."""

PAPER = """
@page{size:A4;margin:22mm 18mm 20mm;
@top-center{content:string(running);font-size:9pt;color:#666}
@bottom-center{content:counter(page) " / " counter(pages);direction:ltr;font-size:9pt;color:#666}}
@page:first{@top-center{content:none}}
html{font-size:10.5pt;color:#000;background:#fff}
body{max-width:none;margin:0;padding:0}
h1{font-size:19pt;string-set:running attr(data-running)}h2{font-size:13.5pt}
h1,h2{break-after:avoid}
p,blockquote{orphans:3;widows:3}
table{table-layout:fixed}
.scroll{overflow:visible}
.scroll table{overflow-wrap:anywhere}
body{overflow-wrap:break-word}
tr,.plan,.legend,.remark{break-inside:avoid}
thead{display:table-header-group}
.source-head{break-inside:avoid}
.source-head,blockquote .place{break-after:avoid}
a{text-decoration:none}
footer{break-inside:avoid;break-before:avoid;margin-top:1.2rem}
ol.sources>li:last-child{break-after:avoid}
.claim{-webkit-print-color-adjust:exact;print-color-adjust:exact}
"""
