"""Service: the command line, settings (the only reader of the environment) and the assembly.

start          where the command begins
command_line   the command `breadth`, and models_cli its commands `breadth models ...`
ask_cli        `breadth ask`, `resume` and `write`; runs_cli `breadth runs` and `trace`
plan_cli       its commands that take up a plan; plans reads and writes those
options        what several commands take, and the settings that are made of it
delivering     how the commands that answer show progress, and deliver the answer
edge           the outermost edge of the commands, where errors become words and exit codes
replaying      a run's plan again, from what is stored
asking         one run from question to answer
sources        where a run finds things: documents, the web, or both
workplace      a loaded model and sources: the only place where the parts are put together
saved          what a run is created with, and goes on with
models         from a model's name, as a user writes it, to a Model
serving        `breadth serve` and `breadth worker`; serve_cli has their options
serving_models `breadth models serve`: a vLLM server of our own
settings       flags, environment and defaults
display        what shows a run while it works: terminal, for a person
person         asks the person at the terminal: to approve a plan, to clarify a question
preparing      how far long work is, in lines for a pipe
evaluating     `breadth eval`: question sets, asked of our run and of its rivals, and scored
api            the HTTP interface: responses, chat, runs
operations     health, metrics, traces and logs: what the service tells those who run it
work           the durable queue, and the workers that do the runs in it
formats        an answer as text, Markdown, HTML, PDF, Word, JSON, and its sources as BibTeX
keeping_cli    `breadth prune` and `breadth export`
keys_cli       the commands `breadth keys ...`
webhooks       which addresses may be told of ends of runs; webhooks_cli their commands
publishing     from a run to what is published of it
run_views      the list of runs and the drawing of a trace; plan_views and legible serve it
"""
