package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
	"github.com/tasklane/tasklane/services/wirejson"
)

// largest returns the content of the n-th task with the maximum amount of text: emoji, or
// control characters, which take six bytes each in JSON.
func largest(n int, character string) taskapi.CreateTaskRequest {
	task := taskapi.CreateTaskRequest{
		Title:       fmt.Sprintf("%04d", n) + strings.Repeat(character, taskapi.MaxTitleLength-4),
		Description: strings.Repeat(character, taskapi.MaxDescriptionLength),
	}
	for i := range taskapi.MaxTags {
		task.Tags = append(task.Tags, fmt.Sprintf("%02d", i)+strings.Repeat(character, taskapi.MaxTagLength-2))
	}
	return task
}

// TestLargeResourcesEndAPage checks that a page ends when its resources reach about a
// mebibyte, and that all pages together have everything.
func TestLargeResourcesEndAPage(t *testing.T) {
	t.Parallel()
	const tasks = 30
	s := storetest.New(t)
	for user, character := range map[string]string{"emoji": "🎉", "controls": "\x01"} {
		var ids []uuid.UUID
		for n := range tasks {
			ids = append(ids, uuid.MustParse(mustCreate(t, s, user, largest(n, character)).ID))
		}
		t.Run(user+" in a list", func(t *testing.T) {
			for _, sort := range []taskapi.Sort{taskapi.TitleAscending, taskapi.DueSoonest} {
				options := taskapi.ListTasksOptions{Sort: sort, Limit: taskapi.MaxListLimit}
				first := mustList(t, s, user, options)
				checkPage(t, len(first.Tasks), tasks, size(t, first.Tasks))
				all, err := pageThrough(t.Context(), s, user, options)
				if err != nil || len(all) != tasks || all[0].Title >= all[tasks-1].Title {
					t.Errorf("%s: the pages have %d tasks, want %d: %v", sort, len(all), tasks, err)
				}
			}
		})
		t.Run(user+" among changes", func(t *testing.T) {
			seen := 0
			var from taskapi.ChangeCursor
			for more := true; more; {
				page, err := s.Changes(t.Context(), user, from, taskapi.MaxListLimit)
				if err != nil {
					t.Fatal(err)
				}
				if more = page.More; more {
					checkPage(t, len(page.Changes), tasks, size(t, page.Changes))
				}
				from, seen = page.Next, seen+len(page.Changes)
			}
			if seen != tasks {
				t.Errorf("the pages have %d changes, want %d", seen, tasks)
			}
		})
		t.Run(user+" in an export", func(t *testing.T) {
			exported := 0
			if err := s.ExportUser(t.Context(), user, func(taskapi.Resource) error { exported++; return nil }); err != nil || exported != tasks {
				t.Errorf("%d resources exported, want %d: %v", exported, tasks, err)
			}
		})
		t.Run(user+" in a batch", func(t *testing.T) {
			var ops []store.Operation
			for _, id := range ids {
				ops = append(ops, update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}))
			}
			if _, err := s.Batch(t.Context(), user, ops, nil); !errors.Is(err, store.ErrBatchTooLarge) {
				t.Errorf("a batch of all of them: %v, want ErrBatchTooLarge", err)
			}
			if _, err := s.Batch(t.Context(), user, ops[:10], nil); err != nil {
				t.Errorf("a batch of ten: %v", err)
			}
		})
	}
}

// TestChanges_BoundIsOverAllKinds uses two kinds that would each fill most of a page.
func TestChanges_BoundIsOverAllKinds(t *testing.T) {
	t.Parallel()
	const each = 9
	s := store.AddSamples(storetest.Open(t, store.Config{URL: withSamples(t).URL}))
	for n := range each {
		mustCreate(t, s, alice, largest(n, "🎉"))
		if _, err := s.Write(t.Context(), alice, sample(taskapi.BatchCreate, uuid.Nil, store.SampleContent{Text: strings.Repeat("x", 80<<10)}), nil); err != nil {
			t.Fatal(err)
		}
	}
	var seen []int64
	var from taskapi.ChangeCursor
	for more := true; more; {
		page, err := s.Changes(t.Context(), alice, from, taskapi.MaxListLimit)
		if err != nil {
			t.Fatal(err)
		}
		if more = page.More; len(seen) == 0 {
			checkPage(t, len(page.Changes), 2*each, size(t, page.Changes))
		}
		from = page.Next
		for _, c := range page.Changes {
			seen = append(seen, c.Seq)
		}
	}
	if len(seen) != 2*each || !slices.IsSorted(seen) {
		t.Errorf("the pages have the changes %v, want %d", seen, 2*each)
	}
}

// TestLongPages checks that a page of 200 tasks has the same tasks as pages of seven.
func TestLongPages(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	var ops []store.Operation
	for n := range 150 {
		task := taskapi.CreateTaskRequest{Title: fmt.Sprintf("%03d", n)}
		if n%2 == 0 {
			task.DueAt = new(time.Unix(int64(150-n), 0))
		}
		ops = append(ops, create(task))
	}
	for _, batch := range [][]store.Operation{ops[:100], ops[100:]} {
		if _, err := s.Batch(t.Context(), alice, batch, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, sort := range taskapi.Sorts() {
		long := mustList(t, s, alice, taskapi.ListTasksOptions{Sort: sort, Limit: taskapi.MaxListLimit})
		short, err := pageThrough(t.Context(), s, alice, taskapi.ListTasksOptions{Sort: sort, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(titles(short), titles(long.Tasks)); diff != "" || len(short) != 150 || long.NextCursor != "" || long.Changes != 150 {
			t.Errorf("%s: %d tasks, %d changes (-pages of seven +one page):\n%s", sort, len(short), long.Changes, diff)
		}
	}
}

// checkPage checks that a page other than the last has about a mebibyte.
func checkPage(t *testing.T, resources, total, bytes int) {
	t.Helper()
	const least, most = 600 << 10, 1300 << 10
	if resources >= total || bytes < least || bytes > most {
		t.Errorf("a page has %d of %d resources and %d bytes", resources, total, bytes)
	}
}

// size returns the size of v as JSON.
func size(t *testing.T, v any) int {
	t.Helper()
	data, err := wirejson.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return len(data)
}
