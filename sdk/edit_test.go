package sdk_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/sdktest"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func TestEditTask_SendsChangedFields(t *testing.T) {
	t.Parallel()
	later := fullTask().DueAt.Add(time.Hour)
	for _, tt := range []struct {
		name string
		edit func(*taskapi.Task)
		body string // empty if no request is sent
	}{
		{"nothing", func(*taskapi.Task) {}, ""},
		{"the same values", func(task *taskapi.Task) {
			task.Title, task.Tags = fullTask().Title, slices.Clone(task.Tags)
			task.DueAt = new(task.DueAt.In(time.FixedZone("", 3600)))
		}, ""},
		{"title", func(task *taskapi.Task) { task.Title = "Water" }, `{"title":"Water"}`},
		{"description", func(task *taskapi.Task) { task.Description = "" }, `{"description":""}`},
		{"completed", func(task *taskapi.Task) { task.Completed = false }, `{"completed":false}`},
		{"priority", func(task *taskapi.Task) { task.Priority = taskapi.Low }, `{"priority":"low"}`},
		{"due date", func(task *taskapi.Task) { task.DueAt = &later }, `{"dueAt":"2026-11-23T18:30:00.123456Z"}`},
		{"due date in place", func(task *taskapi.Task) { *task.DueAt = later }, `{"dueAt":"2026-11-23T18:30:00.123456Z"}`},
		{"no due date", func(task *taskapi.Task) { task.DueAt = nil }, `{"dueAt":null}`},
		{"tags", func(task *taskapi.Task) { task.Tags = append(task.Tags, "new") }, `{"tags":["home","garden","new"]}`},
		{"a tag in place", func(task *taskapi.Task) { task.Tags[0] = "new" }, `{"tags":["new","garden"]}`},
		{"no tags", func(task *taskapi.Task) { task.Tags = nil }, `{"tags":[]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			task, err := s.client(t).EditTask(t.Context(), fullTask().ID, func(task *taskapi.Task) error {
				tt.edit(task)
				return nil
			})
			if err != nil || !reflect.DeepEqual(task, fullTask()) {
				t.Errorf("got %+v, %v", task, err)
			}
			requests := s.received()
			if tt.body == "" {
				if len(requests) != 1 {
					t.Errorf("sent %+v, want only the read", requests)
				}
				return
			}
			if len(requests) != 2 || requests[1].method != http.MethodPatch || requests[1].body != tt.body ||
				requests[1].header.Get("If-Match") != `"7"` {
				t.Errorf("sent %+v, want a PATCH of version 7 with %s", requests, tt.body)
			}
		})
	}
}

func TestEditTask_SendsNothingAfterAnError(t *testing.T) {
	t.Parallel()
	cause := errors.New("not this one")
	for name, tt := range map[string]struct {
		edit func(*taskapi.Task) error
		want error // nil means any error
	}{
		"the edit fails":             {func(task *taskapi.Task) error { task.Title = "New"; return cause }, cause},
		"the edit sets the id":       {func(task *taskapi.Task) error { task.ID = "x"; return nil }, nil},
		"the edit sets the version":  {func(task *taskapi.Task) error { task.Version++; return nil }, nil},
		"the edit restores the task": {func(task *taskapi.Task) error { task.DeletedAt = nil; return nil }, nil},
		"the edit sets completedAt":  {func(task *taskapi.Task) error { *task.CompletedAt = time.Now(); return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			_, err := s.client(t).EditTask(t.Context(), "x", tt.edit)
			failure := asError(t, err)
			if tt.want != nil && !errors.Is(err, tt.want) || failure.Operation != "updateTask" || failure.MaybeApplied {
				t.Errorf("got %+v", failure)
			}
			if len(s.received()) != 1 {
				t.Errorf("sent %+v, want only the read", s.received())
			}
		})
	}
	t.Run("the task does not exist", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondProblem(taskapi.CodeTaskNotFound))
		_, err := s.client(t).EditTask(t.Context(), "x", func(*taskapi.Task) error { t.Error("edited"); return nil })
		if !errors.Is(err, sdk.ErrTaskNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEditTask_RetriesConflicts(t *testing.T) {
	t.Parallel()
	conflict := func(version int64) http.HandlerFunc {
		task := fullTask()
		task.Version = version
		current := resource(task)
		return respond(412, taskapi.Problem{Error: "Changed.", Code: taskapi.CodeVersionConflict, Status: 412, Current: &current})
	}
	edit := func(edited *[]int64) func(*taskapi.Task) error {
		return func(task *taskapi.Task) error {
			*edited = append(*edited, task.Version)
			task.Title = "Version " + strconv.FormatInt(task.Version, 10)
			return nil
		}
	}
	t.Run("starts again with the current version", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondTask(fullTask()), conflict(8), conflict(12), respondTask(fullTask()))
		var edited []int64
		if _, err := s.client(t, quickly).EditTask(t.Context(), "x", edit(&edited)); err != nil {
			t.Fatal(err)
		}
		if want := []int64{7, 8, 12}; !slices.Equal(edited, want) {
			t.Errorf("edited versions %d, want %d", edited, want)
		}
		last := s.received()[3]
		if last.header.Get("If-Match") != `"12"` || last.body != `{"title":"Version 12"}` {
			t.Errorf("the last request is %+v", last)
		}
	})
	t.Run("gives up after ten conflicts", func(t *testing.T) {
		t.Parallel()
		s := serve(t, respondTask(fullTask()), conflict(8))
		var edited []int64
		_, err := s.client(t, quickly).EditTask(t.Context(), "x", edit(&edited))
		if failure := asError(t, err); !errors.Is(err, sdk.ErrVersionConflict) || failure.Current.Kind != taskapi.KindTask || len(edited) != 10 {
			t.Errorf("got %v after %d edits", err, len(edited))
		}
	})
	t.Run("keeps concurrent writes", func(t *testing.T) {
		t.Parallel()
		server := sdktest.NewServer(t)
		client := server.Client(t, "alice")
		task, err := client.CreateTask(t.Context(), taskapi.CreateTaskRequest{Title: "Count"})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() {
				if _, err := client.EditTask(t.Context(), task.ID, func(task *taskapi.Task) error {
					task.Tags = append(task.Tags, strconv.Itoa(i))
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got, err := client.GetTask(t.Context(), task.ID); err != nil || len(got.Tags) != 5 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// TestEditTask_CanChangeEveryFieldOfAnUpdate covers fields added later, too.
func TestEditTask_CanChangeEveryFieldOfAnUpdate(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[taskapi.UpdateTaskRequest]().Fields() {
		t.Run(field.Name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, respondTask(fullTask()))
			if _, err := s.client(t).EditTask(t.Context(), fullTask().ID, func(task *taskapi.Task) error {
				edited := reflect.ValueOf(task).Elem().FieldByName(field.Name)
				edited.SetZero()
				if reflect.ValueOf(fullTask()).FieldByName(field.Name).IsZero() {
					t.Fatalf("fullTask has no %s", field.Name)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var sent map[string]json.RawMessage
			if err := json.Unmarshal([]byte(s.received()[1].body), &sent); err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if _, ok := sent[name]; !ok || len(sent) != 1 {
				t.Errorf("sent %s, want only %s", s.received()[1].body, name)
			}
		})
	}
}
