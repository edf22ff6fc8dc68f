package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// changeZone changes the user's time zone.
func changeZone(t *testing.T, s *store.Store, zone string) {
	t.Helper()
	if _, err := s.Write(t.Context(), alice, zoneOf(zone), nil); err != nil {
		t.Fatal(err)
	}
}

// TestDays_EndInTheZoneSetAtAnotherReplica creates tasks at a replica whose cached zone is stale.
func TestDays_EndInTheZoneSetAtAnotherReplica(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	first, other := storetest.Open(t, store.Config{URL: db.URL}), storetest.Open(t, store.Config{URL: db.URL})
	for _, tt := range []struct{ zone, ends string }{
		{"Asia/Tokyo", "2026-11-30T14:59:59Z"},
		{"America/New_York", "2026-12-01T04:59:59Z"},
		{"UTC", "2026-11-30T23:59:59Z"},
	} {
		changeZone(t, first, tt.zone)
		for range 2 {
			task := mustCreate(t, other, alice, taskapi.CreateTaskRequest{Title: "all day", DueOn: new("2026-11-30")})
			if got := task.DueAt.Format(time.RFC3339); got != tt.ends {
				t.Errorf("%s: due at %s, want %s", tt.zone, got, tt.ends)
			}
		}
		stats, err := other.TaskStats(t.Context(), alice, nil)
		if err != nil || stats.Open == 0 {
			t.Errorf("%+v, %v", stats, err)
		}
	}
}

// TestDays_MoveByTheThousand moves ten thousand due days. Each task must get its own change
// number.
func TestDays_MoveByTheThousand(t *testing.T) {
	t.Parallel()
	const tasks = 10_000
	s := storetest.New(t)
	var ops []store.Operation
	for i := range tasks {
		day := time.Date(2026, 1, 1+i%700, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if ops = append(ops, create(taskapi.CreateTaskRequest{Title: fmt.Sprint(i), DueOn: &day})); len(ops) == 500 {
			if _, err := s.Batch(t.Context(), alice, ops, nil); err != nil {
				t.Fatal(err)
			}
			ops = ops[:0]
		}
	}
	start := time.Now()
	changeZone(t, s, "Australia/Lord_Howe")
	t.Logf("%d days were moved in %v", tasks, time.Since(start))
	page, err := s.Changes(t.Context(), alice, after(tasks), 200)
	if err != nil || len(page.Changes) != 200 || page.Changes[0].Kind != taskapi.KindSettings || page.Changes[199].Seq != tasks+200 {
		t.Fatalf("%d changes, %v", len(page.Changes), err)
	}
	page, err = s.Changes(t.Context(), alice, after(2*tasks), 200)
	if err != nil || len(page.Changes) != 1 || page.More {
		t.Errorf("after them there are %d changes, %v; want the last task", len(page.Changes), err)
	}
	task, err := page.Changes[0].Task()
	if err != nil || task.Version != 2 || task.DueOn == nil {
		t.Errorf("the last one is %+v, %v", task, err)
	}
}

// TestDays_MoveWithinABatch changes the zone and then a task, in one batch.
func TestDays_MoveWithinABatch(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := form(t)
			s := storetest.Open(t, store.Config{URL: db.URL})
			if err := s.CheckVersion(t.Context()); err != nil { // detects the form of the schema
				t.Fatal(err)
			}
			task := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "a", DueOn: new("2026-11-30")})
			id := uuid.MustParse(task.ID)
			_, err := s.Batch(t.Context(), alice, []store.Operation{
				zoneOf("Asia/Tokyo"), update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("b")}),
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, moved := mustGet(t, s, alice, task.ID), task.DueAt.Add(-9*time.Hour)
			if got.Title != "b" || got.Version != 3 || !got.DueAt.Equal(moved) {
				t.Errorf("%+v; want the title b, version 3 and due at %v", got, moved)
			}
		})
	}
}

// TestDays_FollowTheZoneWithinABatch creates a task before and a task after a change of the
// zone, in one batch.
func TestDays_FollowTheZoneWithinABatch(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, store.Config{URL: form(t).URL})
			allDay := create(taskapi.CreateTaskRequest{Title: "all day", DueOn: new("2026-11-30")})
			out, err := s.Batch(t.Context(), alice, []store.Operation{allDay, zoneOf("Asia/Tokyo"), allDay}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range []int{0, 2} {
				if got := out.Resources[i].Data.(taskapi.Task).DueAt.Format(time.RFC3339); got != "2026-11-30T14:59:59Z" {
					t.Errorf("task %d is due at %s, want the end of the day in Tokyo", i, got)
				}
			}
		})
	}
}
