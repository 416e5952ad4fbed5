"""Control tokens inside of a text: what a page may write to end its turn and begin another.

Engines write a chat's turns with tokens such as <|im_start|>, and tokenize the whole, so that the
same signs inside of a message are taken for control, too. They are broken up by a space: a model
reads them as before, and no tokenizer knows them.
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
