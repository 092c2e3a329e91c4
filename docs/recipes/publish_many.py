import json
import os
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("VITALWIRE_URL", "http://127.0.0.1:8000")
TOKEN = os.environ["VITALWIRE_TOKEN"]
TEMPORARY = {"internal_error", "unavailable", "outcome_unknown"}


def send(messages):
    """What became of each message; None when the batch was not answered, or could not be judged now."""
    request = urllib.request.Request(
        f"{URL}/ws/broadcast-batch",
        data=json.dumps({"messages": messages}).encode(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["results"]
    except urllib.error.HTTPError as error:
        if error.code < 500:
            raise RuntimeError(f"refused: {error.read().decode()}") from error
    except OSError:
        pass  # no answer: the keys make another attempt safe
    return None


def publish_many(messages, attempts=5):
    """Publishes each of up to 1,000 messages once. Returns what became of each, in their order."""
    keyed = [{**message, "idempotency_key": str(uuid.uuid4())} for message in messages]
    results = [None] * len(keyed)
    open_places = list(range(len(keyed)))
    for attempt in range(attempts):
        answers = send([keyed[place] for place in open_places]) or [None] * len(open_places)
        for place, answer in zip(open_places, answers):
            results[place] = answer
        open_places = [
            place
            for place, answer in zip(open_places, answers)
            if answer is None or answer.get("error") in TEMPORARY
        ]
        if not open_places:
            return results
        time.sleep(min(20, 0.5 * 2**attempt))
    raise RuntimeError(f"{len(open_places)} of {len(keyed)} messages may not be published")


for result in publish_many(
    [
        {"type": "feedback_update", "diagnosis_id": 123, "feedback_id": 311, "rating": 4, "effectiveness": 0.8},
        {"type": "feedback_update", "diagnosis_id": 123, "feedback_id": 312, "rating": 6, "effectiveness": 0.8},
    ]
):
    print(result)
