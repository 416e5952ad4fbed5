"""What a page may write to end its place in a prompt and begin another: control tokens, and marks.

Engines write a chat's turns with tokens such as <|im_start|>, and tokenize the whole, so that the
same signs inside of a message are taken for control, too. They are broken up by a space: a model
reads them as before, and no tokenizer knows them. The same is done to the marks of the blocks that
a prompt calls data.
"""

import re

_BARS = re.compile(r"<(?=[|\uff5c][^\s<>|\uff5c]{1,60}[|\uff5c]>)")
"""ChatML, Llama 3, Phi, gpt-oss, DeepSeek and others: <|...|>, with a wide bar, too."""
_NAMED = re.compile(
    r"<(?=/?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|end_of_utterance|extra_id_\d+"
    r"|tool_call|tool_response|tools|think|thinking|system|user|assistant|start_header_id"
    r"|begin_of_text|end_of_text|eot_id)>)",
    re.IGNORECASE,
)
"""Gemma, Llama 2, T5, Qwen and others: names in angle brackets."""
_SQUARE = re.compile(
    r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS"
    r"|IMG|PREFIX|SUFFIX|MIDDLE|gMASK|CLS|SEP|MASK|PAD|UNK)\])"
)
"""Mistral, GLM, BERT."""
_SYS = re.compile(r"<<(?=/?SYS>>)")


def uncontrolling(text: str) -> str:
    """The text with a space inside of each control token."""
    if "<" not in text and "[" not in text:
        return text
    text = _NAMED.sub("< ", _BARS.sub("< ", text))
    return _SYS.sub("< <", _SQUARE.sub("[ ", text))


_BETWEEN = "[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]{0,8}"
"""What is not seen between letters."""
_LETTERS = _BETWEEN.join(("[d\uff44]", "[a\uff41]", "[t\uff54]", "[a\uff41]"))
_DATA_MARK = re.compile(rf"([<\uff1c])(?=[\W_]{{0,40}}{_LETTERS})", re.IGNORECASE)
"""What is further away than that is no mark, and looking for it would take the square of a text."""


def as_data(text: str) -> str:
    """The text in a block that a prompt can call data; nothing in the text ends the block."""
    inside = _DATA_MARK.sub(r"\1 ", text)
    return f"<data>\n{inside}\n</data>"
