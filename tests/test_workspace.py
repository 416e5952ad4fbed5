"""What one method asks and keeps."""

from dataclasses import replace

from method_tasks import QUESTION, scripted, task

from inference import Message, ModelUnavailable
from reasoning.answers import FORM
from reasoning.judging import agreed
from reasoning.workspace import Ask, Workspace


async def test_what_is_added_to_a_task_stands_in_its_last_turn_of_the_user() -> None:
    assert task().asking("Go.") == (Message("user", f"{QUESTION}\n\nGo."),)
    asked = Message("user", f"{QUESTION}\n\n{FORM}")
    formed = replace(task(), request=replace(task().request, messages=(asked,)))
    assert formed.question == QUESTION
    assert formed.asking("Go.") == task().asking("Go.")
    begun = (Message("user", "Q"), Message("assistant", "A"))
    continued = replace(task(), request=replace(task().request, messages=begun))
    assert continued.asking("Go.") == (*begun, Message("user", "Go."))


async def test_samples_of_each_stand_by_themselves_and_what_failed_has_none() -> None:
    model = scripted([["a", "b"], ModelUnavailable("gone"), ["c"]])
    workspace = Workspace(task(), model)
    made = await workspace.ask_each([Ask(n=2), Ask(), Ask(stop=("\n",))])
    assert [[one.text for one in those] for those in made] == [["a", "b"], [], ["c"]]
    assert [request.seed for request in model.requests] == [0, 1, 2]
    assert model.requests[2].stop == ("\n",)


async def test_what_is_no_answer_need_not_have_its_form() -> None:
    formed = replace(task(), request=replace(task().request, regex="[0-9]+"))
    model = scripted(["8", "a note", "1", "yes"])
    workspace = Workspace(formed, model)
    await workspace.ask([Ask(), Ask(free=True), Ask(regex="1|2")])
    await workspace.say("Any?")
    assert [request.regex for request in model.requests] == ["[0-9]+", None, "1|2", None]


async def test_a_judge_that_fails_is_undecided() -> None:
    assert await agreed(Workspace(task(), scripted([ModelUnavailable("gone")])), "So?") == 0.5
    assert await agreed(Workspace(task(), scripted(["yes"] * 3)), "So?") > 0.5
