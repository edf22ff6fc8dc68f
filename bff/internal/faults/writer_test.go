package faults_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// attemptTimeout bounds an attempt of a writer. No operation takes longer.
const attemptTimeout = 8 * time.Second

// retryPause is the delay after a failed attempt.
const retryPause = 50 * time.Millisecond

// writer is a user who writes continuously and retries a failed write with the same
// idempotency key until it is acknowledged, so that the expected state is always known.
type writer struct {
	t      *testing.T
	name   string
	url    string
	auth   *url.URL // Better Auth
	cookie string
	client *http.Client
	random *mathrand.Rand

	// tasks are the latest states of acknowledged tasks; changes counts the
	// acknowledged changes.
	tasks   map[string]taskapi.Task
	changes int64

	// yielded counts the failed attempts that yielded to a migration.
	acknowledged, failed, yielded atomic.Int64
	// lastFailure describes the last failed attempt.
	lastFailure atomic.Pointer[string]
}

// newWriter signs up a user.
func (s *system) newWriter(name string, seed uint64) *writer {
	s.t.Helper()
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	w := &writer{
		t: s.t, name: name, url: s.url, auth: s.auth.URL, tasks: map[string]taskapi.Task{},
		client: &http.Client{Transport: transport, Timeout: attemptTimeout},
		random: mathrand.New(mathrand.NewPCG(seed, 0)),
	}
	for _, cookie := range s.auth.SignUp() {
		w.cookie += cookie.Name + "=" + cookie.Value + "; "
	}
	return w
}

// write writes until stopped.
func (w *writer) write(ctx context.Context, stopped func() bool) {
	for n := 0; !stopped() && ctx.Err() == nil; n++ {
		if err := w.writeOnce(ctx, n); err != nil {
			if ctx.Err() == nil {
				w.t.Errorf("%s: %v", w.name, err)
			}
			return
		}
		w.acknowledged.Add(1)
	}
}

// writeOnce sends one random write.
func (w *writer) writeOnce(ctx context.Context, n int) error {
	title := fmt.Sprintf("%s: %d", w.name, n)
	live, trashed := w.randomTask(false), w.randomTask(true)
	kind := w.random.IntN(10)
	switch {
	case live == nil || kind < 3:
		return w.writeUntilAcknowledged(ctx, http.MethodPost, "/api/tasks", map[string]any{"title": title}, 0)
	case kind < 5:
		return w.writeUntilAcknowledged(ctx, http.MethodPatch, "/api/tasks/"+live.ID, map[string]any{"title": title}, live.Version)
	case kind < 6:
		return w.writeUntilAcknowledged(ctx, http.MethodPut, "/api/tasks/"+live.ID, map[string]any{"title": title, "priority": "high"}, live.Version)
	case kind < 7:
		return w.batch(ctx, title, *live)
	case kind < 8 && trashed != nil:
		return w.writeUntilAcknowledged(ctx, http.MethodPost, "/api/tasks/"+trashed.ID+"/restore", nil, trashed.Version)
	case kind < 9:
		return w.writeUntilAcknowledged(ctx, http.MethodDelete, "/api/tasks/"+live.ID, nil, live.Version)
	default:
		delete(w.tasks, live.ID) // the response does not have a higher version
		if err := w.writeUntilAcknowledged(ctx, http.MethodDelete, "/api/tasks/"+live.ID+"?permanent=true", nil, live.Version); err != nil {
			return err
		}
		delete(w.tasks, live.ID)
		return nil
	}
}

// randomTask returns a task inside or outside the trash, or nil.
func (w *writer) randomTask(trashed bool) *taskapi.Task {
	var found []taskapi.Task
	for _, id := range slices.Sorted(maps.Keys(w.tasks)) {
		if task := w.tasks[id]; (task.DeletedAt != nil) == trashed {
			found = append(found, task)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &found[w.random.IntN(len(found))]
}

// batch creates a task and updates another one, both or neither.
func (w *writer) batch(ctx context.Context, title string, live taskapi.Task) error {
	return w.writeUntilAcknowledged(ctx, http.MethodPost, "/api/batch", map[string]any{"operations": []any{
		map[string]any{"op": "create", "kind": "task", "data": map[string]any{"title": title}},
		map[string]any{"op": "update", "kind": "task", "id": live.ID, "version": live.Version, "changes": map[string]any{"title": title + "!"}},
	}}, 0)
}

// writeUntilAcknowledged sends a write, retries it until it is acknowledged, and records
// the result.
func (w *writer) writeUntilAcknowledged(ctx context.Context, method, path string, body any, version int64) error {
	header := http.Header{"Idempotency-Key": {rand.Text()}}
	if version > 0 {
		header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(version)))
	}
	for {
		status, data, err := w.send(ctx, method, path, body, header)
		switch {
		case err == nil && status < http.StatusMultipleChoices:
			return w.record(data)
		case err == nil && !isTransient(status, data):
			return fmt.Errorf("%s %s: %d %s", method, path, status, data)
		}
		w.failed.Add(1)
		if bytes.Contains(data, []byte(taskapi.CodeOverloaded)) {
			w.yielded.Add(1)
		}
		w.lastFailure.Store(new(fmt.Sprintf("%s %s: %d %s %v", method, path, status, data, err)))
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isTransient reports whether a write that failed like this is retried.
func isTransient(status int, data []byte) bool {
	var problem taskapi.Problem
	// An invalid body has no code.
	_ = json.Unmarshal(data, &problem)
	return status >= http.StatusBadGateway || status == http.StatusTooManyRequests || problem.Code == taskapi.CodeIdempotencyInProgress
}

func (w *writer) send(ctx context.Context, method, path string, body any, header http.Header) (int, []byte, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, content)
	if err != nil {
		return 0, nil, err
	}
	maps.Copy(r.Header, header)
	r.Header.Set("Cookie", w.cookie)
	r.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, data, err
}

// record records the tasks in a response. Each must have a higher version than before.
func (w *writer) record(data []byte) error {
	var body struct{ Data json.RawMessage }
	if err := json.Unmarshal(data, &body); err != nil {
		return err
	}
	var changed []taskapi.Task
	if bytes.HasPrefix(body.Data, []byte("[")) {
		var resources []taskapi.Resource
		if err := json.Unmarshal(body.Data, &resources); err != nil {
			return err
		}
		for _, resource := range resources {
			task, err := resource.Task()
			if err != nil {
				return err
			}
			changed = append(changed, task)
		}
	} else {
		var task taskapi.Task
		if err := json.Unmarshal(body.Data, &task); err != nil {
			return err
		}
		changed = append(changed, task)
	}
	for _, task := range changed {
		if before, known := w.tasks[task.ID]; known && task.Version <= before.Version {
			return fmt.Errorf("%s has version %d after %d", task.ID, task.Version, before.Version)
		}
		w.tasks[task.ID] = task
		w.changes++
	}
	return nil
}

// discrepancies counts the differences between stored tasks and acknowledged writes.
type discrepancies struct{ lost, doubled, gaps int }

// compare compares the stored tasks with the acknowledged ones.
func (w *writer) compare() (found discrepancies) {
	t := w.t
	t.Helper()
	stored := map[string]taskapi.Task{}
	var changes int64
	for _, deleted := range []string{"false", "true"} {
		for query := "?limit=200&deleted=" + deleted; query != ""; {
			var page taskapi.TaskListResponse
			w.get("/api/tasks"+query, &page)
			changes, query = page.Meta.Changes, ""
			for _, task := range page.Data {
				stored[task.ID] = task
			}
			if page.Meta.NextCursor != nil {
				query = "?limit=200&deleted=" + deleted + "&cursor=" + *page.Meta.NextCursor
			}
		}
	}
	for id, task := range w.tasks {
		if diff := cmp.Diff(task, stored[id]); diff != "" {
			found.lost++
			t.Errorf("%s: tasks differ (-acknowledged +stored):\n%s", w.name, diff)
		}
	}
	for id, task := range stored {
		if _, known := w.tasks[id]; !known {
			found.doubled++
			t.Errorf("%s: %+v is stored but was never acknowledged", w.name, task)
		}
	}
	if changes != w.changes {
		found.gaps++
		t.Errorf("%s: %d changes are stored, %d were acknowledged", w.name, changes, w.changes)
	}
	w.compareChanges(changes, &found)
	return found
}

// compareChanges reads all changes and checks that each task is in them once, in its
// current state, that their numbers rise, and that the last number is the count of changes.
func (w *writer) compareChanges(changes int64, found *discrepancies) {
	t := w.t
	t.Helper()
	seen, last := map[string]bool{}, int64(0)
	for more := true; more; {
		var page taskapi.ChangeListResponse
		w.get(fmt.Sprintf("/api/changes?limit=200&after=%d", last), &page)
		for _, change := range page.Data {
			if change.Seq <= last || seen[change.ID] {
				found.gaps++
				t.Errorf("%s: change %d of %s after %d", w.name, change.Seq, change.ID, last)
			}
			seen[change.ID], last = true, change.Seq
			if task, kept := w.tasks[change.ID]; kept {
				if changed, err := change.Task(); err != nil || changed.Version != task.Version {
					found.gaps++
					t.Errorf("%s: change %+v, want version %d: %v", w.name, changed, task.Version, err)
				}
			}
		}
		more = page.Meta.HasMore
	}
	if last != changes {
		found.gaps++
		t.Errorf("%s: the last change is %d of %d", w.name, last, changes)
	}
}

func (w *writer) get(path string, into any) {
	w.t.Helper()
	status, data, err := w.send(w.t.Context(), http.MethodGet, path, nil, nil)
	if err == nil && status != http.StatusOK {
		err = errors.New(string(data))
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		w.t.Fatalf("%s: GET %s: %v", w.name, path, err)
	}
}
