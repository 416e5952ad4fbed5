"""Evaluating: question sets are asked of the planned run and of its rivals, and scored.

question_sets  a file of questions, checked line by line
pool           the passages of all of them, each once; corpus is that, indexed
systems        planned, oneshot and react; looking is what the last two search with
oneshot        one retrieval, one prompt; react: thought, action, observation, one after another
rival_prompts  what these are told; watching keeps what happens in a run
evaluation     from questions to kept results: in parallel, and gone on with behind a kill
matching       exact match and F1; citations: needed, cited, supported; judge: a model's grade
measures       what is measured of each question; bootstrap how sure the sums are
report         the scores as a table and as JSON; markdown and plot as files
progress       what a person sees meanwhile
cli            the commands `breadth eval` and `breadth evals`
"""
