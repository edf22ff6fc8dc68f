package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// A visitor is a browser with a session at the bff.
type visitor struct {
	address string
	client  *http.Client
}

func newVisitor(t *testing.T, s settings) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{address: "http://127.0.0.1:" + s["PORT"], client: &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
}

func (v *visitor) signUp(t *testing.T) { t.Helper(); v.identify(t, "sign-up") }

func (v *visitor) signIn(t *testing.T) { t.Helper(); v.identify(t, "sign-in") }

func (v *visitor) identify(t *testing.T, how string) {
	t.Helper()
	person := map[string]string{"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
	v.send(t, http.MethodPost, "/api/auth/"+how+"/email", person, http.StatusOK)
}

func (v *visitor) addTask(t *testing.T, title string) {
	t.Helper()
	v.send(t, http.MethodPost, "/api/tasks", taskapi.CreateTaskRequest{Title: title}, http.StatusCreated)
}

// wantTasks fails unless the visitor's tasks have these titles.
func (v *visitor) wantTasks(t *testing.T, want ...string) {
	t.Helper()
	var list struct{ Data []taskapi.Task }
	if err := json.Unmarshal(v.send(t, http.MethodGet, "/api/tasks", nil, http.StatusOK), &list); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, task := range list.Data {
		got = append(got, task.Title)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

// send sends a request with the body as JSON, unless it is nil, and returns the
// response, which must have the status.
func (v *visitor) send(t *testing.T, method, path string, body any, want int) []byte {
	t.Helper()
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), method, v.address+path, &content)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", v.address)
	response, err := v.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d\n%s", method, path, response.StatusCode, want, data)
	}
	return data
}
