package store_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// pageThrough returns the tasks of all pages of a list.
func pageThrough(ctx context.Context, s *store.Store, user string, options taskapi.ListTasksOptions) (tasks []taskapi.Task, err error) {
	for {
		page, err := s.ListTasks(ctx, user, options)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, page.Tasks...)
		if page.NextCursor == "" {
			return tasks, nil
		}
		options.Cursor = page.NextCursor
	}
}

func titles(tasks []taskapi.Task) []string {
	var titles []string
	for _, task := range tasks {
		titles = append(titles, task.Title)
	}
	return titles
}

func TestList_Sorts(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	day := func(n int) *time.Time { return new(time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC)) }
	for _, req := range []taskapi.CreateTaskRequest{
		{Title: "Äpfel", Priority: taskapi.Low, DueAt: day(3)},
		{Title: "apple", Priority: taskapi.Urgent},
		{Title: "Zebra", Priority: taskapi.None, DueAt: day(1)},
		{Title: "banana", Priority: taskapi.High},
		{Title: "Banana split", Priority: taskapi.Medium, DueAt: day(2)},
	} {
		mustCreate(t, s, alice, req)
	}
	first := mustList(t, s, alice, taskapi.ListTasksOptions{Sort: taskapi.OldestFirst}).Tasks[0]
	write(t, s, alice, update(uuid.MustParse(first.ID), taskapi.UpdateTaskRequest{Description: taskapi.Some("x")}), nil)

	want := map[taskapi.Sort]string{
		"":                           "Banana split,banana,Zebra,apple,Äpfel",
		taskapi.NewestFirst:          "Banana split,banana,Zebra,apple,Äpfel",
		taskapi.OldestFirst:          "Äpfel,apple,Zebra,banana,Banana split",
		taskapi.RecentlyUpdatedFirst: "Äpfel,Banana split,banana,Zebra,apple",
		taskapi.LongestUntouched:     "apple,Zebra,banana,Banana split,Äpfel",
		taskapi.DueSoonest:           "Zebra,Banana split,Äpfel,apple,banana",
		taskapi.DueLatest:            "Äpfel,Banana split,Zebra,banana,apple",
		taskapi.MostUrgent:           "apple,banana,Banana split,Äpfel,Zebra",
		taskapi.LeastUrgent:          "Zebra,Äpfel,Banana split,banana,apple",
		taskapi.TitleAscending:       "Äpfel,apple,banana,Banana split,Zebra",
		taskapi.TitleDescending:      "Zebra,Banana split,banana,apple,Äpfel",
		taskapi.ManualOrder:          "Äpfel,apple,Zebra,banana,Banana split",
		taskapi.ManualOrderReversed:  "Banana split,banana,Zebra,apple,Äpfel",
	}
	for _, sort := range append(taskapi.Sorts(), "") {
		for limit := 1; limit <= 6; limit++ {
			tasks, err := pageThrough(t.Context(), s, alice, taskapi.ListTasksOptions{Sort: sort, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(titles(tasks), ","); got != want[sort] {
				t.Errorf("sort %q by pages of %d:\n got %s\nwant %s", sort, limit, got, want[sort])
			}
		}
	}
}

func TestList_Filters(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, req := range []taskapi.CreateTaskRequest{
		{Title: "a", Priority: taskapi.High, DueAt: &noon, Tags: []string{"home", "garden"}},
		{Title: "b", Priority: taskapi.Low, Tags: []string{"home"}},
		{Title: "c", Completed: true, DueAt: new(noon.Add(time.Hour))},
		{Title: "d"},
	} {
		mustCreate(t, s, alice, req)
	}
	gone := mustList(t, s, alice, taskapi.ListTasksOptions{Limit: 1}).Tasks[0]
	write(t, s, alice, trash(uuid.MustParse(gone.ID)), nil)

	for _, tc := range []struct {
		name    string
		options taskapi.ListTasksOptions
		want    string
	}{
		{"none", taskapi.ListTasksOptions{}, "cba"},
		{"completed", taskapi.ListTasksOptions{Completed: new(true)}, "c"},
		{"open", taskapi.ListTasksOptions{Completed: new(false)}, "ba"},
		{"a priority", taskapi.ListTasksOptions{Priorities: []taskapi.Priority{taskapi.High}}, "a"},
		{"one of two priorities", taskapi.ListTasksOptions{Priorities: []taskapi.Priority{taskapi.High, taskapi.None}}, "ca"},
		{"a tag", taskapi.ListTasksOptions{Tags: []string{"home"}}, "ba"},
		{"two tags", taskapi.ListTasksOptions{Tags: []string{"home", "garden"}}, "a"},
		{"due before a time, not at it", taskapi.ListTasksOptions{DueBefore: &noon}, ""},
		{"due before a later time", taskapi.ListTasksOptions{DueBefore: new(noon.Add(time.Minute))}, "a"},
		{"due at or after a time", taskapi.ListTasksOptions{DueAfter: &noon}, "ca"},
		{"the trash", taskapi.ListTasksOptions{Deleted: true}, "d"},
		{"several", taskapi.ListTasksOptions{Completed: new(false), Tags: []string{"home"}, DueAfter: &noon}, "a"},
	} {
		if got := strings.Join(titles(mustList(t, s, alice, tc.options).Tasks), ""); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	for _, req := range []taskapi.CreateTaskRequest{
		{Title: "Call the café", Description: "About Saturday's tables", Tags: []string{"Größe-XL"}},
		{Title: "Заказать билеты", Description: "до ПЯТНИЦЫ"},
		{Title: "買い物をする", Tags: []string{"東京"}},
		{Title: "Read RFC 9457", Description: "it's short; tabs \\ and 'quotes' & :* too"},
	} {
		mustCreate(t, s, alice, req)
	}
	for query, want := range map[string]string{
		"call":            "Call the café",
		"CAFE":            "Call the café",
		"saturday tab":    "Call the café",
		"tab saturday":    "", // only the last word may be a prefix
		"tables call":     "Call the café",
		"grösse":          "Call the café",
		"groSSe xl":       "Call the café",
		"билет":           "Заказать билеты",
		"пятницы":         "Заказать билеты",
		"買い":              "買い物をする",
		"東":               "買い物をする",
		"9457":            "Read RFC 9457",
		"rfc 94":          "Read RFC 9457",
		"quotes":          "Read RFC 9457",
		"call 9457":       "",
		"!!!":             "",
		"' | 'call":       "Call the café",
		"\\' :* & !quote": "Read RFC 9457",
	} {
		if got := strings.Join(titles(mustList(t, s, alice, taskapi.ListTasksOptions{Query: query}).Tasks), ","); got != want {
			t.Errorf("q=%s: %q, want %q", query, got, want)
		}
	}
	task := mustList(t, s, alice, taskapi.ListTasksOptions{Query: "café"}).Tasks[0]
	write(t, s, alice, update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("Write to the bar")}), nil)
	if got := len(mustList(t, s, alice, taskapi.ListTasksOptions{Query: "café"}).Tasks); got != 0 {
		t.Error("a removed word is still found")
	}
}

func TestCursorBelongsToItsList(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	for range 4 {
		mustCreate(t, s, alice, full())
	}
	first := mustList(t, s, alice, taskapi.ListTasksOptions{Limit: 2})
	for name, options := range map[string]taskapi.ListTasksOptions{
		"another filter":    {Completed: new(true), Cursor: first.NextCursor},
		"another sort":      {Sort: taskapi.TitleAscending, Cursor: first.NextCursor},
		"nonsense":          {Cursor: "nonsense"},
		"a modified cursor": {Cursor: strings.ToUpper(first.NextCursor)},
		"a longer cursor":   {Cursor: first.NextCursor + "AA"},
	} {
		options.Limit = 2
		if _, err := s.ListTasks(t.Context(), alice, options); !errors.Is(err, store.ErrInvalidCursor) {
			t.Errorf("%s: %v, want ErrInvalidCursor", name, err)
		}
	}
	for _, sort := range taskapi.Sorts() {
		options := taskapi.ListTasksOptions{Sort: sort, Limit: 2}
		data, err := base64.RawURLEncoding.DecodeString(mustList(t, s, alice, options).NextCursor)
		if err != nil {
			t.Fatal(err)
		}
		var genuine map[string]any
		if err := json.Unmarshal(data, &genuine); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{
			"", "0", "-1", "5", "99999", "9223372036854775807", "9223372036854775808", "1e3", "AAAA", "\x00", "infinity", "NaN",
			"0000-01-01T00:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999999-23:59", "2026-12-01",
		} {
			genuine["k"] = key
			data, err := json.Marshal(genuine)
			if err != nil {
				t.Fatal(err)
			}
			options.Cursor = base64.RawURLEncoding.EncodeToString(data)
			if _, err := s.ListTasks(t.Context(), alice, options); err != nil && !errors.Is(err, store.ErrInvalidCursor) {
				t.Errorf("sorted by %s, a cursor with the key %q: %v", sort, key, err)
			}
		}
	}
	// The default sort by name, and another limit, do not change the list.
	page := mustList(t, s, alice, taskapi.ListTasksOptions{Sort: taskapi.NewestFirst, Limit: 1, Cursor: first.NextCursor})
	if len(page.Tasks) != 1 || page.Tasks[0].ID == first.Tasks[1].ID {
		t.Errorf("the next page is %v", titles(page.Tasks))
	}
}

// TestPaging_ListsEachUnchangedTaskOnce reads all pages of each sort order and filter while eight
// writers insert, edit and delete. Each task that they do not touch must be listed exactly
// once.
func TestPaging_ListsEachUnchangedTaskOnce(t *testing.T) {
	t.Parallel()
	const tasks, writers = 2000, 8
	s := storetest.New(t)
	random := rand.New(rand.NewPCG(1, 2))
	var unchanged []taskapi.Task
	var changing []uuid.UUID
	for begin := 0; begin < tasks; begin += taskapi.MaxBatchOperations {
		var batch []store.Operation
		for range taskapi.MaxBatchOperations {
			batch = append(batch, create(randomTask(random)))
		}
		out, err := s.Batch(t.Context(), alice, batch, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range out.Resources {
			id, task := r.ID, r.Data.(taskapi.Task)
			switch i % 8 {
			case 0, 1:
				changing = append(changing, id)
			case 2:
				unchanged = append(unchanged, write(t, s, alice, trash(id), nil))
			default:
				unchanged = append(unchanged, task)
			}
		}
	}

	ctx, stop := context.WithCancel(t.Context())
	var writing, reading errgroup.Group
	var writes atomic.Int64
	for w := range writers {
		writing.Go(func() error {
			random := rand.New(rand.NewPCG(uint64(w), 3))
			for ctx.Err() == nil {
				if err := writeSomething(ctx, s, random, changing); err != nil && ctx.Err() == nil {
					return err
				}
				writes.Add(1)
			}
			return nil
		})
	}
	reading.SetLimit(8)
	for _, filter := range filters {
		want := map[string]bool{}
		for _, task := range unchanged {
			if (task.DeletedAt != nil) == filter.options.Deleted && filter.passes(task) {
				want[task.ID] = true
			}
		}
		if len(want) == 0 {
			t.Fatalf("%s: no task matches", filter.name)
		}
		for _, sort := range taskapi.Sorts() {
			reading.Go(func() error {
				options := filter.options
				options.Sort, options.Limit = sort, 150
				seen, err := pageThrough(t.Context(), s, alice, options)
				if err != nil {
					return err
				}
				times := map[string]int{}
				for _, task := range seen {
					times[task.ID]++
				}
				for id := range want {
					if times[id] != 1 {
						return fmt.Errorf("%s by %s: an unchanged task was listed %d times", filter.name, sort, times[id])
					}
				}
				return nil
			})
		}
	}
	if err := reading.Wait(); err != nil {
		t.Error(err)
	}
	stop()
	if err := writing.Wait(); err != nil {
		t.Error(err)
	}
	if writes.Load() == 0 {
		t.Error("there were no concurrent writes")
	}
}

// noon is in the middle of the due dates of random tasks.
var noon = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)

// filters has each filter of a list, and a function that reports whether a task passes it.
var filters = []struct {
	name    string
	options taskapi.ListTasksOptions
	passes  func(taskapi.Task) bool
}{
	{"all", taskapi.ListTasksOptions{}, func(taskapi.Task) bool { return true }},
	{"open", taskapi.ListTasksOptions{Completed: new(false)}, func(t taskapi.Task) bool { return !t.Completed }},
	{"completed", taskapi.ListTasksOptions{Completed: new(true)}, func(t taskapi.Task) bool { return t.Completed }},
	{
		"priority",
		taskapi.ListTasksOptions{Priorities: []taskapi.Priority{taskapi.Low, taskapi.Urgent}},
		func(t taskapi.Task) bool { return t.Priority == taskapi.Low || t.Priority == taskapi.Urgent },
	},
	{"tag", taskapi.ListTasksOptions{Tags: []string{"some"}}, func(t taskapi.Task) bool { return len(t.Tags) == 2 }},
	{"due before", taskapi.ListTasksOptions{DueBefore: &noon}, func(t taskapi.Task) bool { return t.DueAt != nil && t.DueAt.Before(noon) }},
	{"due after", taskapi.ListTasksOptions{DueAfter: &noon}, func(t taskapi.Task) bool { return t.DueAt != nil && t.DueAt.After(noon) }},
	{"search", taskapi.ListTasksOptions{Query: "task 1"}, func(t taskapi.Task) bool { return strings.HasPrefix(t.Title, "task 1") }},
	{"trash", taskapi.ListTasksOptions{Deleted: true}, func(taskapi.Task) bool { return true }},
}

// randomTask returns a task that ties with many others in every sort order.
func randomTask(random *rand.Rand) taskapi.CreateTaskRequest {
	req := taskapi.CreateTaskRequest{
		Title:     fmt.Sprintf("task %d", random.IntN(50)),
		Completed: random.IntN(2) == 0,
		Priority:  taskapi.Priorities()[random.IntN(5)],
		Tags:      []string{"all", "some"}[:1+random.IntN(2)],
	}
	if day := random.IntN(7); day > 0 {
		req.DueAt = new(time.Date(2026, 12, day, 0, 0, 0, 0, time.UTC))
	}
	return req
}

// writeSomething creates a task or changes one of ids.
func writeSomething(ctx context.Context, s *store.Store, random *rand.Rand, ids []uuid.UUID) (err error) {
	id := ids[random.IntN(len(ids))]
	switch random.IntN(5) {
	case 0:
		_, err = s.Write(ctx, alice, create(randomTask(random)), nil)
	case 1:
		_, err = s.Write(ctx, alice, trash(id), nil)
	case 2:
		_, err = s.Write(ctx, alice, restore(id), nil)
	default:
		_, err = s.Write(ctx, alice, replace(id, taskapi.ReplaceTaskRequest(randomTask(random))), nil)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // the task is in the trash, or to restore and not in the trash
	}
	return err
}
