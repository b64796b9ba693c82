"""REST: sessions from their start to their end, their tickets, and whose they are."""

from __future__ import annotations

import pytest

LETTERS = [chr(code) for code in range(ord("A"), ord("Z") + 1)]


@pytest.fixture
def learner(new_learner):
    return new_learner()


def create(learner, **wish) -> dict:
    return learner.post("/v1/sessions", json=wish or {"glosses": ["A", "S", "L"]}).raise_for_status().json()


def test_free_practice_is_one_sentence_of_the_glosses(learner):
    created = create(learner, glosses=["a", "S", "L"])
    session = created["session"]
    assert session["sentences"] == [{"text": "A S L", "glosses": ["A", "S", "L"]}]
    assert (session["status"], session["stored_through"], session["story_id"]) == ("created", 0, None)
    assert (session["session_type"], session["difficulty_level"]) == ("practice", 1)
    assert session["skill_areas"] == ["fingerspelling"]
    assert learner.get(f"/v1/sessions/{session['id']}").json() == session


def test_a_story_brings_its_own_difficulty_and_skill_areas_which_a_wish_can_change(learner):
    story = learner.get("/v1/stories").json()[-1]
    session = create(learner, story_id=story["id"])["session"]
    assert session["sentences"] == story["sentences"]
    assert (session["difficulty_level"], session["skill_areas"]) == (story["difficulty_level"], story["skill_areas"])
    own = create(
        learner,
        story_id=story["id"],
        session_type="assessment",
        session_name="Friday",
        difficulty_level=5,
        skill_areas=["spelling", "speed", "spelling"],
    )["session"]
    assert (own["session_type"], own["session_name"], own["difficulty_level"]) == ("assessment", "Friday", 5)
    assert own["skill_areas"] == ["spelling", "speed"]


def test_the_ticket_says_how_to_open_the_stream(learner, running_server):
    stream = create(learner)["stream"]
    assert stream["stream_url"] == running_server.url.replace("http", "ws") + "/v1/stream"
    assert stream["subprotocols"] == ["storysign.v1", "ticket." + stream["ticket"]]


def test_the_stream_is_where_the_caller_found_rest(learner):
    headers = {"Host": "sign.example:8443", "X-Forwarded-Proto": "https"}
    stream = learner.post("/v1/sessions", json={"glosses": ["A"]}, headers=headers).json()["stream"]
    assert stream["stream_url"] == "wss://sign.example:8443/v1/stream"


def test_every_ticket_is_another(learner):
    created = create(learner)
    fresh = learner.post(f"/v1/sessions/{created['session']['id']}/ticket").json()
    assert fresh["ticket"] != created["stream"]["ticket"]


def test_unknown_glosses_are_refused_and_named(learner):
    answer = learner.post("/v1/sessions", json={"glosses": ["A", "NO-SUCH-SIGN", "B", "neither", "NO-SUCH-SIGN"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "glosses_unknown")
    assert answer.json()["glosses"] == ["NO-SUCH-SIGN", "NEITHER"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({}, "request_invalid"),
        ({"glosses": []}, "request_invalid"),
        ({"glosses": ["A"], "story_id": "x"}, "request_invalid"),
        ({"glosses": ["A"], "difficulty_level": 6}, "request_invalid"),
        ({"glosses": ["A"], "session_type": "party"}, "request_invalid"),
        ({"glosses": ["A"] * 65}, "request_invalid"),
        ({"story_id": "no-such-story"}, "story_unknown"),
    ],
)
def test_a_wrong_wish_is_refused(learner, wish, code):
    answer = learner.post("/v1/sessions", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_session_of_another_learner_does_not_exist(new_learner):
    session_id = create(new_learner())["session"]["id"]
    other = new_learner()
    answers = [other.get(f"/v1/sessions/{session_id}")]
    answers += [
        other.post(f"/v1/sessions/{session_id}/{verb}") for verb in ("ticket", "pause", "resume", "complete", "abandon")
    ]
    answers.append(other.get("/v1/learners/me/attempts", params={"session_id": session_id}))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}


@pytest.mark.parametrize("session_id", ["0" * 32, "not-an-id", "%00", "0" * 31])
def test_a_session_that_is_not_there_is_not_found(learner, session_id: str):
    answer = learner.get(f"/v1/sessions/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_session_is_paused_resumed_and_completed_once(learner):
    path = f"/v1/sessions/{create(learner)['session']['id']}"
    assert learner.post(f"{path}/resume").json()["status"] == "active"
    assert learner.post(f"{path}/pause").json()["status"] == "paused"
    assert learner.post(f"{path}/resume").json()["status"] == "active"
    completed = learner.post(f"{path}/complete").json()
    assert (completed["status"], completed["sentences_completed"]) == ("completed", 0)
    assert learner.get(path).json()["status"] == "completed"
    for verb in ("pause", "resume", "abandon", "ticket"):
        answer = learner.post(f"{path}/{verb}")
        assert (answer.status_code, answer.json()["code"]) == (409, "session_status"), verb


def test_an_abandoned_session_has_ended(learner):
    path = f"/v1/sessions/{create(learner)['session']['id']}"
    assert learner.post(f"{path}/abandon").json()["status"] == "abandoned"
    assert learner.post(f"{path}/complete").status_code == 409


def test_sessions_are_listed_newest_first_in_pages_and_by_status(learner):
    made = [create(learner, glosses=[letter])["session"]["id"] for letter in LETTERS[:5]]
    learner.post(f"/v1/sessions/{made[2]}/abandon").raise_for_status()
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        page = learner.get("/v1/learners/me/sessions", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += [session["id"] for session in page.json()["items"]]
        cursor, pages = page.json()["cursor"], pages + 1
    assert pages == 3
    assert sorted(seen) == sorted(made)
    created = [learner.get(f"/v1/sessions/{session_id}").json()["created_at_ms"] for session_id in seen]
    assert created == sorted(created, reverse=True)
    abandoned = learner.get("/v1/learners/me/sessions", params={"status": "abandoned"}).json()["items"]
    assert [session["id"] for session in abandoned] == [made[2]]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "rubbish"}, {"status": "asleep"}])
def test_a_wrong_page_is_refused(learner, query):
    answer = learner.get("/v1/learners/me/sessions", params=query)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("request_invalid", "data_refused")


def test_the_library_holds_the_starter_letters_and_stories_that_can_be_practised(learner):
    assert [sign["gloss"] for sign in learner.get("/v1/signs").json()][:26] == LETTERS
    stories = learner.get("/v1/stories").json()
    assert {story["difficulty_level"] for story in stories} == {1, 2, 3, 4, 5}
    assert all(story["missing_glosses"] == [] for story in stories)
    assert learner.get(f"/v1/stories/{stories[0]['id']}").json() == stories[0]
    assert learner.get("/v1/stories/no-such-story").status_code == 404
