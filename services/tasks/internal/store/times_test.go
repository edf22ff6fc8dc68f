package store_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestBeginWrite_WaitsWithinTheBudget checks that the lock timeout of writes is the one in the
// table of timeouts.
func TestBeginWrite_WaitsWithinTheBudget(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := queryAsOwner(t, form(t), "SELECT current_setting('lock_timeout') FROM tasklane.begin_write('alice')")
			if limit != budget.Lock.String() {
				t.Errorf("tasklane.begin_write waits %s for a lock, budget.Lock is %s", limit, budget.Lock)
			}
		})
	}
}

// TestEncodingOfTheSessionIsIrrelevant reads text in a database whose default encoding is
// Latin-1, which lacks most characters.
func TestEncodingOfTheSessionIsIrrelevant(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	req := full()
	req.Title = "č 漢 🎉"
	created := write(t, storetest.Open(t, store.Config{URL: db.URL}), alice, create(req), nil)
	setForDatabase(t, db, "client_encoding = 'LATIN1'")
	s := storetest.Open(t, store.Config{URL: db.URL})
	if read := mustGet(t, s, alice, created.ID); read.Title != req.Title {
		t.Errorf("title %q, want %q", read.Title, req.Title)
	}
	if again := write(t, s, alice, create(req), nil); again.Title != req.Title {
		t.Errorf("created with the title %q, want %q", again.Title, req.Title)
	}
}

// setForDatabase changes a default of the sessions of a database.
func setForDatabase(t *testing.T, db storetest.Database, setting string) {
	t.Helper()
	name := db.OwnerURL[strings.LastIndex(db.OwnerURL, "/test_")+1:]
	name, _, _ = strings.Cut(name, "?")
	asOwner(t, db, "ALTER DATABASE "+name+" SET "+setting)
}

// TestZoneOfTheSessionIsIrrelevant writes and reads in a database whose time zone is 12:45
// or 13:45 hours ahead of UTC.
func TestZoneOfTheSessionIsIrrelevant(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	setForDatabase(t, db, "timezone = 'Pacific/Chatham'")
	s := storetest.Open(t, store.Config{URL: db.URL})
	encode := func(v any) string {
		t.Helper()
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "+1") || !strings.Contains(string(data), "Z") {
			t.Errorf("the times are not in UTC: %s", data)
		}
		return string(data)
	}
	req := full()
	req.DueAt = new(time.Date(2026, 4, 5, 2, 30, 0, 123456789, time.FixedZone("", 13*3600)))
	key := &store.IdempotencyKey{Key: "k"}
	created := write(t, s, alice, create(req), key)
	if want := req.DueAt.UTC().Truncate(time.Microsecond); *created.DueAt != want {
		t.Errorf("due at %v, want %v", created.DueAt, want)
	}
	want := encode(created)
	if got := encode(write(t, s, alice, create(req), key)); got != want {
		t.Errorf("replayed\n%s, want\n%s", got, want)
	}
	read := mustGet(t, s, alice, created.ID)
	if got := encode(read); got != want {
		t.Errorf("Get:\n%s, want\n%s", got, want)
	}
	if read.CreatedAt.Location() != time.UTC || read.DueAt.Location() != time.UTC {
		t.Errorf("times in %v and %v, want UTC", read.CreatedAt.Location(), read.DueAt.Location())
	}
	unchanged := taskapi.UpdateTaskRequest{DueAt: taskapi.Some(req.DueAt)}
	if got := encode(write(t, s, alice, update(uuid.MustParse(created.ID), unchanged), nil)); got != want {
		t.Errorf("an update that changes nothing:\n%s, want\n%s", got, want)
	}
	if page := mustList(t, s, alice, taskapi.ListTasksOptions{DueAfter: created.DueAt}); encode(page.Tasks) != "["+want+"]" {
		t.Errorf("the list:\n%s, want\n%s", encode(page.Tasks), want)
	}
	changes, err := s.Changes(t.Context(), alice, after(0), 10)
	if err != nil || string(changes.Changes[0].Data) != want {
		t.Errorf("changes: %v\n%s, want\n%s", err, changes.Changes[0].Data, want)
	}
}

// TestContentDoesNotDependOnTheClock sets the store's clock beyond a task's due date. The
// task's content must stay the same, because its version is a strong entity tag.
func TestContentDoesNotDependOnTheClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	s := storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, Now: func() time.Time { return now }})
	task := write(t, s, alice, create(taskapi.CreateTaskRequest{Title: "a", DueOn: new("2026-12-01")}), nil)
	now = now.AddDate(10, 0, 0)
	if diff := cmp.Diff(task, mustGet(t, s, alice, task.ID)); diff != "" {
		t.Errorf("ten years later (-before +after):\n%s", diff)
	}
}

// TestOneTimeForEachTransaction sets the store's clock: all changes of a transaction have
// one time, and times of a task never go back, even if the clock does.
func TestOneTimeForEachTransaction(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 17, 0, 0, 123456789, time.FixedZone("", 3600))
	at := now.UTC().Truncate(time.Microsecond)
	s := storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, Now: func() time.Time { return now }})
	out, err := s.Batch(t.Context(), alice, []store.Operation{create(full()), create(full())}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Resources {
		if task := r.Data.(taskapi.Task); task.CreatedAt != at || task.UpdatedAt != at || *task.CompletedAt != at {
			t.Errorf("created at %v, updated at %v, completed at %v; want %v", task.CreatedAt, task.UpdatedAt, task.CompletedAt, at)
		}
	}
	now = now.Add(time.Hour)
	id := out.Resources[0].ID
	task := write(t, s, alice, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("later")}), nil)
	if want := at.Add(time.Hour); task.UpdatedAt != want || task.CreatedAt != at {
		t.Errorf("updated at %v, want %v", task.UpdatedAt, want)
	}
	now = now.Add(-2 * time.Hour)
	task = write(t, s, alice, trash(id), nil)
	if want := at.Add(time.Hour); task.UpdatedAt != want || *task.DeletedAt != want {
		t.Errorf("deleted at %v with a clock that went back, want %v", task.DeletedAt, want)
	}
	stats, err := s.TaskStats(t.Context(), alice, time.UTC)
	if err != nil || stats.Completed != 1 || stats.Deleted != 1 {
		t.Errorf("TaskStats: %+v, %v", stats, err)
	}
}
