package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type answer struct {
	Offset int64  `json:"offset"`
	Epoch  string `json:"epoch"`
}

func publish(kind, key string, body any) (answer, error) {
	var result answer
	encoded, err := json.Marshal(body)
	if err != nil {
		return result, err
	}
	url := os.Getenv("VITALWIRE_URL") + "/ws/broadcast-" + kind
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(encoded))
	if err != nil {
		return result, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("VITALWIRE_TOKEN"))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return result, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return result, fmt.Errorf("refused: %s", response.Status)
	}
	return result, json.NewDecoder(response.Body).Decode(&result)
}

func main() {
	published, err := publish("feedback-update", "feedback-311", map[string]any{
		"diagnosis_id": 123, "feedback_id": 311, "rating": 4, "effectiveness": 0.8,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(published.Epoch, published.Offset)
}
