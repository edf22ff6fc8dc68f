package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// TestZoneChange_ReachesEveryStream changes the user's time zone. Streams at both replicas
// must receive the settings once and each of ten thousand all-day tasks once, with its new
// due time. Streams of another user must receive nothing.
func TestZoneChange_ReachesEveryStream(t *testing.T) {
	t.Parallel()
	const (
		tasks     = 10_000
		batch     = 100
		eastwards = 9 * time.Hour
	)
	here, there := newReplicas(t, time.Hour)
	want := map[string]time.Time{}
	for start := 0; start < tasks; start += batch {
		var operations []string
		for i := start; i < start+batch; i++ {
			day := time.Date(2026, 1, 1+i%700, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			operations = append(operations, fmt.Sprintf(`{"op":"create","kind":"task","data":{"title":"%d","dueOn":"%s"}}`, i, day))
		}
		a := here.as(t, "alice", http.MethodPost, "/api/batch", `{"operations":[`+strings.Join(operations, ",")+`]}`)
		if a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, resource := range decode[taskapi.ResourceListResponse](t, a).Data {
			task, err := resource.Task()
			if err != nil {
				t.Fatal(err)
			}
			want[task.ID] = task.DueAt.Add(-eastwards)
		}
	}
	if len(want) != tasks {
		t.Fatalf("%d tasks", len(want))
	}

	others := here.watch(t.Context(), t, here.token(t, "bob"), "")
	<-others // ready
	var reading errgroup.Group
	for _, replica := range []*service{here, here, there} {
		events := replica.watch(t.Context(), t, here.token(t, "alice"), fmt.Sprintf("?after=%d", tasks))
		<-events // ready
		reading.Go(func() error { return readZoneChange(events, want) })
	}
	if a := there.as(t, "alice", http.MethodPatch, "/api/settings", `{"timeZone":"Asia/Tokyo"}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if err := reading.Wait(); err != nil {
		t.Error(err)
	}
	own := decode[taskapi.TaskResponse](t, here.as(t, "bob", http.MethodPost, "/api/tasks", `{"title":"own"}`)).Data
	if change := next(t, others); change.ID != own.ID {
		t.Errorf("another user's stream received the change of %s", change.ID)
	}
}

// readZoneChange reads a stream until it has received the settings and each task once.
func readZoneChange(events <-chan event, want map[string]time.Time) error {
	left := maps.Clone(want)
	settings := 0
	for e := range events {
		var change taskapi.Change
		if err := json.Unmarshal([]byte(e.Data), &change); err != nil {
			return err
		}
		if change.Kind == taskapi.KindSettings {
			settings++
			continue
		}
		task, err := change.Task()
		if err != nil {
			return err
		}
		due, expected := left[task.ID]
		if !expected || task.DueAt == nil || !task.DueAt.Equal(due) {
			return fmt.Errorf("the stream sent %+v, expected: %t, due %v", task, expected, due)
		}
		if delete(left, task.ID); len(left) == 0 {
			break
		}
	}
	if len(left) > 0 || settings != 1 {
		return fmt.Errorf("the stream lacks %d of %d tasks, and sent the settings %d times", len(left), len(want), settings)
	}
	return nil
}
