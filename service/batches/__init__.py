"""Batches: a file of questions, asked row by row into a folder; see docs/batches.md.

rows        the rows of a file, which `reading` reads; tables are CSV and Excel
template    questions from the columns of a row; names: names of files from its words
asked       what a batch asks, each row known by its key
allowance   what the whole batch may take, and the share of each row
gate        how many rows are under way, by how busy the model is
batch       one pass over the rows, from the store to the folder
working     the rows that are left, each to its end
results     what came of a row
changes     what is otherwise than the last time
folder      what is written: reports, tables; index_page has the page that leads to them
progress    what a person sees meanwhile, told as json or in words
schedule    passes at the hours that a cron expression names
"""
