import json
import os
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("VITALWIRE_URL", "http://127.0.0.1:8000")
TOKEN = os.environ["VITALWIRE_TOKEN"]


def publish(kind, body, attempts=5):
    """Publishes once, however often it has to be tried."""
    request = urllib.request.Request(
        f"{URL}/ws/broadcast-{kind}",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
    )
    for attempt in range(attempts):
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise RuntimeError(f"refused: {error.read().decode()}") from error
        except OSError:
            pass  # no answer: the key makes another attempt safe
        time.sleep(min(20, 0.5 * 2**attempt))
    raise RuntimeError("not published")


print(publish("feedback-update", {"diagnosis_id": 123, "feedback_id": 311, "rating": 4, "effectiveness": 0.8}))
