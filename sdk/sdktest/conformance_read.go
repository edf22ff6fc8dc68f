package sdktest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// onDay returns noon of a day in November 2026.
func onDay(day int) *time.Time {
	return new(time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC))
}

var listCases = []contractCase{
	{"a list has the newest task first by default, and in meta no cursor and the change number", func(s *subject) {
		tasks := s.createTasks("one", "two", "three")
		slices.Reverse(tasks)
		resp := s.raw(http.MethodGet, "/api/tasks", "")
		s.same("list", decode[taskapi.TaskListResponse](s, resp), taskapi.TaskListResponse{
			Success: true, Data: tasks, Meta: taskapi.ListMeta{Changes: s.seq()},
		})
		if s.seq() == 0 {
			s.Error("the change number is 0")
		}
	}},
	{"an empty list is an empty array of a user at change 0", func(s *subject) {
		resp := s.raw(http.MethodGet, "/api/tasks", "")
		if want := `{"success":true,"data":[],"meta":{"nextCursor":null,"changes":0}}`; !sameJSON(resp.body, []byte(want)) || resp.status != http.StatusOK {
			s.Errorf("the empty list: got %d %s, want %s", resp.status, resp.body, want)
		}
	}},
	{"limit is 50 by default and up to 200", func(s *subject) {
		var operations []taskapi.BatchOperation
		for i := range taskapi.MaxBatchOperations {
			operations = append(operations, taskapi.TaskOperations.Create(taskapi.CreateTaskRequest{Title: strconv.Itoa(i)}))
		}
		for range 3 {
			s.must(s.client.Batch(s.Context(), operations))
		}
		for limit, want := range map[int]int{0: taskapi.DefaultListLimit, 1: 1, taskapi.MaxListLimit: taskapi.MaxListLimit} {
			page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Limit: limit})
			s.ok(err)
			if len(page.Tasks) != want || page.Meta.NextCursor == nil {
				s.Errorf("limit %d gives %d tasks, want %d and a cursor", limit, len(page.Tasks), want)
			}
		}
	}},
	{"completed: open or finished tasks", func(s *subject) {
		s.create(taskapi.CreateTaskRequest{Title: "open"})
		s.create(taskapi.CreateTaskRequest{Title: "done", Completed: true})
		s.wantTitles(taskapi.ListTasksOptions{}, "done", "open")
		s.wantTitles(taskapi.ListTasksOptions{Completed: new(true)}, "done")
		s.wantTitles(taskapi.ListTasksOptions{Completed: new(false)}, "open")
	}},
	{"priority: tasks with any of the priorities", func(s *subject) {
		for _, priority := range taskapi.Priorities() {
			s.create(taskapi.CreateTaskRequest{Title: string(priority), Priority: priority})
		}
		s.wantTitles(taskapi.ListTasksOptions{Priorities: []taskapi.Priority{taskapi.High}}, "high")
		s.wantTitles(taskapi.ListTasksOptions{Priorities: []taskapi.Priority{taskapi.Urgent, taskapi.None}}, "urgent", "none")
	}},
	{"tag: tasks with all of the tags", func(s *subject) {
		s.create(taskapi.CreateTaskRequest{Title: "both", Tags: []string{"home", "a,b"}})
		s.create(taskapi.CreateTaskRequest{Title: "one", Tags: []string{"home"}})
		s.create(taskapi.CreateTaskRequest{Title: "others", Tags: []string{"a", "b", "homes"}})
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"home"}}, "one", "both")
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"a,b", "home"}}, "both")
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"home", "missing"}})
	}},
	{"tag ignores case", func(s *subject) {
		s.create(taskapi.CreateTaskRequest{Title: "1", Tags: []string{"Home", "Größe"}})
		s.create(taskapi.CreateTaskRequest{Title: "2", Tags: []string{"home", "café"}})
		s.create(taskapi.CreateTaskRequest{Title: "3", Tags: []string{"IŞIK"}})
		for _, tag := range []string{"home", "HOME", " Home "} {
			s.wantTitles(taskapi.ListTasksOptions{Tags: []string{tag}}, "2", "1")
		}
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"GRÖSSE", "home"}}, "1")
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"ışık"}}, "3")
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"CAFE\u0301"}}, "2")
		s.wantTitles(taskapi.ListTasksOptions{Tags: []string{"cafe"}})
	}},
	{"dueBefore is exclusive, dueAfter inclusive, and both leave out tasks without a due date", func(s *subject) {
		for day := 1; day <= 3; day++ {
			s.create(taskapi.CreateTaskRequest{Title: strconv.Itoa(day), DueAt: onDay(day)})
		}
		s.create(taskapi.CreateTaskRequest{Title: "never"})
		sort := taskapi.DueSoonest
		s.wantTitles(taskapi.ListTasksOptions{Sort: sort, DueBefore: onDay(2)}, "1")
		s.wantTitles(taskapi.ListTasksOptions{Sort: sort, DueBefore: new(time.Time{})}) // of the year 1
		s.wantTitles(taskapi.ListTasksOptions{Sort: sort, DueAfter: onDay(2)}, "2", "3")
		s.wantTitles(taskapi.ListTasksOptions{Sort: sort, DueAfter: onDay(1), DueBefore: onDay(3)}, "1", "2")
	}},
	{"deleted shows the trash", func(s *subject) {
		tasks := s.createTasks("kept", "gone")
		s.must(s.client.DeleteTask(s.Context(), tasks[1].ID))
		s.wantTitles(taskapi.ListTasksOptions{}, "kept")
		s.wantTitles(taskapi.ListTasksOptions{Deleted: true}, "gone")
		resp := s.raw(http.MethodGet, "/api/tasks?deleted=false", "")
		if page := decode[taskapi.TaskListResponse](s, resp); len(page.Data) != 1 || page.Data[0].Title != "kept" {
			s.Errorf("deleted=false gives %s", resp.body)
		}
	}},
	{"several filters select tasks that pass all of them", func(s *subject) {
		s.create(taskapi.CreateTaskRequest{Title: "this", Priority: taskapi.High, Tags: []string{"home"}})
		s.create(taskapi.CreateTaskRequest{Title: "low", Priority: taskapi.Low, Tags: []string{"home"}})
		s.create(taskapi.CreateTaskRequest{Title: "done", Priority: taskapi.High, Tags: []string{"home"}, Completed: true})
		s.create(taskapi.CreateTaskRequest{Title: "untagged", Priority: taskapi.High})
		s.wantTitles(taskapi.ListTasksOptions{
			Priorities: []taskapi.Priority{taskapi.High}, Tags: []string{"home"}, Completed: new(false),
		}, "this")
	}},
	{"q: words in title, description and tags, all of them, without case and accents, the last one as a prefix", func(s *subject) {
		s.create(taskapi.CreateTaskRequest{Title: "Café au lait", Description: "for Zoë", Tags: []string{"Kitchen"}})
		s.create(taskapi.CreateTaskRequest{Title: "Straße fegen", Description: "e-mail: a.b@example.com"})
		s.create(taskapi.CreateTaskRequest{Title: "Garden 42", Description: "kit\nfor the shed"})
		s.create(taskapi.CreateTaskRequest{Title: "東京へ行く"})
		const cafe, street, garden, tokyo = "Café au lait", "Straße fegen", "Garden 42", "東京へ行く"
		for _, c := range []struct {
			query string
			want  []string
		}{
			{"cafe", []string{cafe}},
			{"CAFÉ", []string{cafe}},
			{"cafe\u0301", []string{cafe}},
			{"lait cafe", []string{cafe}},
			{"caf", []string{cafe}},
			{"caf lait", nil},
			{"afé", nil},
			{"zoe lait", []string{cafe}},
			{"kit", []string{garden, cafe}},
			{"kitchen", []string{cafe}},
			{"kit shed", []string{garden}},
			{"42", []string{garden}},
			{"strasse", []string{street}},
			{"FEGEN, straße!", []string{street}},
			{"example", []string{street}},
			{"a.b@example.com", []string{street}},
			{"東京", []string{tokyo}},
			{"京", []string{tokyo}},
			{"cafe missing", nil},
			{"' & | ! :* ( ) \\ %", nil},
			{"cafe' | 'garden", nil},
		} {
			got := s.titles(taskapi.ListTasksOptions{Query: c.query})
			if !slices.Equal(got, append([]string{}, c.want...)) {
				s.Errorf("%q finds %q, want %q", c.query, got, c.want)
			}
		}
	}},
	{"q finds the current text of a task", func(s *subject) {
		task := s.create(taskapi.CreateTaskRequest{Title: "Water", Tags: []string{"home"}})
		s.update(task.ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("Feed")})
		s.wantTitles(taskapi.ListTasksOptions{Query: "water"})
		s.wantTitles(taskapi.ListTasksOptions{Query: "feed home"}, "Feed")
	}},
	{"sort: createdAt, updatedAt, dueAt, priority, title, position, each with a leading minus, ties by id, null due dates last", func(s *subject) {
		s.create(taskapi.CreateTaskRequest{Title: "a", Priority: taskapi.Low, DueAt: onDay(2)})
		touched := s.create(taskapi.CreateTaskRequest{Title: "c", Priority: taskapi.High})
		s.create(taskapi.CreateTaskRequest{Title: "b", Priority: taskapi.Low, DueAt: onDay(1)})
		s.create(taskapi.CreateTaskRequest{Title: "d", Priority: taskapi.Urgent})
		s.update(touched.ID, taskapi.UpdateTaskRequest{Description: taskapi.Some("touched")})
		want := map[taskapi.Sort][]string{
			taskapi.OldestFirst:          {"a", "c", "b", "d"},
			taskapi.NewestFirst:          {"d", "b", "c", "a"},
			taskapi.LongestUntouched:     {"a", "b", "d", "c"},
			taskapi.RecentlyUpdatedFirst: {"c", "d", "b", "a"},
			taskapi.DueSoonest:           {"b", "a", "c", "d"},
			taskapi.DueLatest:            {"a", "b", "d", "c"},
			taskapi.LeastUrgent:          {"a", "b", "c", "d"},
			taskapi.MostUrgent:           {"d", "c", "b", "a"},
			taskapi.TitleAscending:       {"a", "b", "c", "d"},
			taskapi.TitleDescending:      {"d", "c", "b", "a"},
			taskapi.ManualOrder:          {"a", "c", "b", "d"},
			taskapi.ManualOrderReversed:  {"d", "b", "c", "a"},
		}
		for _, sort := range taskapi.Sorts() {
			for limit := range 5 {
				s.wantTitles(taskapi.ListTasksOptions{Sort: sort, Limit: limit}, want[sort]...)
			}
		}
	}},
	{"sort=title is alphabetical, with a, A and á side by side", func(s *subject) {
		s.createTasks("Zebra", "éclair", "apple", "Apple", "ápple", "banana", "42", "east", "fig", "apples", "#1")
		s.wantTitles(taskapi.ListTasksOptions{Sort: taskapi.TitleAscending, Limit: 2},
			"#1", "42", "apple", "Apple", "ápple", "apples", "banana", "east", "éclair", "fig", "Zebra")
	}},
	{"a cursor is URL-safe and works with another limit", func(s *subject) {
		s.createTasks("1", "2", "3", "4", "5")
		page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Limit: 2})
		s.ok(err)
		cursor := *page.Meta.NextCursor
		if !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(cursor) {
			s.Errorf("the cursor %s has characters that a URL escapes", cursor)
		}
		s.wantTitles(taskapi.ListTasksOptions{Limit: 3, Cursor: cursor}, "3", "2", "1")
		s.wantTitles(taskapi.ListTasksOptions{Sort: taskapi.NewestFirst, Cursor: cursor}, "3", "2", "1")
	}},
	{"a cursor is only valid with its sort and filters", func(s *subject) {
		for range 3 {
			s.create(taskapi.CreateTaskRequest{Title: "a", Priority: taskapi.High, Tags: []string{"home"}, DueAt: onDay(1)})
		}
		page, err := s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Limit: 1, Tags: []string{"home"}})
		s.ok(err)
		cursor := *page.Meta.NextCursor
		for _, options := range []taskapi.ListTasksOptions{
			{},
			{Tags: []string{"other"}},
			{Tags: []string{"home"}, Sort: taskapi.OldestFirst},
			{Tags: []string{"home"}, Completed: new(false)},
			{Tags: []string{"home"}, Priorities: []taskapi.Priority{taskapi.High}},
			{Tags: []string{"home"}, DueBefore: onDay(2)},
			{Tags: []string{"home"}, DueAfter: onDay(1)},
			{Tags: []string{"home"}, Query: "a"},
			{Tags: []string{"home"}, Deleted: true},
		} {
			options.Cursor = cursor
			s.fails(errorOf(s.client.ListTasks(s.Context(), options)), sdk.ErrInvalidCursor)
		}
		for _, broken := range []string{"AAAA", "nonsense", "e30", cursor[1:], cursor + "A", url.QueryEscape(`{"a":1}`)} {
			s.fails(errorOf(s.client.ListTasks(s.Context(), taskapi.ListTasksOptions{Tags: []string{"home"}, Cursor: broken})), sdk.ErrInvalidCursor)
		}
	}},
	{"no item is repeated or skipped if others are inserted or deleted between pages", func(s *subject) {
		for _, sort := range taskapi.Sorts() {
			s := s.another()
			titles, seen := map[string]string{}, map[string]int{}
			for i := range 12 {
				task := s.create(taskapi.CreateTaskRequest{
					Title: fmt.Sprintf("%02d", i), Priority: taskapi.Priorities()[i%3], DueAt: onDay(1 + i%4),
				})
				titles[task.ID] = task.Title
			}
			options := taskapi.ListTasksOptions{Sort: sort, Limit: 4}
			for {
				page, err := s.client.ListTasks(s.Context(), options)
				s.ok(err)
				for _, task := range page.Tasks {
					seen[task.ID]++
				}
				if page.Meta.NextCursor == nil {
					break
				}
				options.Cursor = *page.Meta.NextCursor
				// The task that the cursor names is erased, and new ones appear on both sides.
				s.must(s.client.EraseTask(s.Context(), page.Tasks[len(page.Tasks)-1].ID))
				s.create(taskapi.CreateTaskRequest{Title: "00 first", Priority: taskapi.None, DueAt: onDay(1)})
				s.create(taskapi.CreateTaskRequest{Title: "99 last", Priority: taskapi.Urgent})
			}
			for id, title := range titles {
				if seen[id] != 1 {
					s.Errorf("by %s, %s was seen %d times, want once", sort, title, seen[id])
				}
			}
		}
	}},
}

var statsCases = []contractCase{
	{"the counts are of open, completed, overdue, undated and deleted tasks, and of open ones by priority, tag and list", func(s *subject) {
		past, future := time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)
		s.create(taskapi.CreateTaskRequest{Title: "1", Priority: taskapi.High, Tags: []string{"home", "garden"}, DueAt: &past})
		s.create(taskapi.CreateTaskRequest{Title: "2", Priority: taskapi.High, Tags: []string{"home"}, DueAt: &future})
		s.create(taskapi.CreateTaskRequest{Title: "3", Tags: []string{"car"}})
		s.create(taskapi.CreateTaskRequest{Title: "4", Completed: true, Tags: []string{"home"}, DueAt: &past, Priority: taskapi.Urgent})
		s.create(taskapi.CreateTaskRequest{Title: "5", Completed: true})
		for _, due := range []*time.Time{&past, nil} {
			gone := s.create(taskapi.CreateTaskRequest{Title: "gone", Tags: []string{"home"}, DueAt: due, Priority: taskapi.Low})
			s.must(s.client.DeleteTask(s.Context(), gone.ID))
		}
		got, err := s.client.TaskStats(s.Context(), "")
		s.ok(err)
		s.same("stats", got, taskapi.Stats{
			Open: 3, Completed: 2, Overdue: 1, Undated: 1, Deleted: 2,
			ByPriority: map[taskapi.Priority]int64{taskapi.None: 1, taskapi.Low: 0, taskapi.Medium: 0, taskapi.High: 2, taskapi.Urgent: 0},
			ByTag:      []taskapi.TagCount{{Tag: "home", Count: 2}, {Tag: "car", Count: 1}, {Tag: "garden", Count: 1}},
			ByList:     []taskapi.ListCount{{Count: 3}},
		})
	}},
	{"byTag counts a tag in all spellings, under the most used one", func(s *subject) {
		for _, tags := range [][]string{{"home", "b"}, {"Home", "B"}, {"Home", "c"}, {"HOME", "a"}} {
			s.create(taskapi.CreateTaskRequest{Title: "tagged", Tags: tags})
		}
		got, err := s.client.TaskStats(s.Context(), "")
		s.ok(err)
		s.same("byTag", got.ByTag, []taskapi.TagCount{{Tag: "Home", Count: 4}, {Tag: "B", Count: 2}, {Tag: "a", Count: 1}, {Tag: "c", Count: 1}})
	}},
	{"a user without tasks has zeros", func(s *subject) {
		resp := s.raw(http.MethodGet, "/api/tasks/stats", "")
		want := `{"success":true,"data":{"open":0,"completed":0,"overdue":0,"dueToday":0,"undated":0,"deleted":0,` +
			`"byPriority":{"none":0,"low":0,"medium":0,"high":0,"urgent":0},"byTag":[],"byList":[]}}`
		if resp.status != http.StatusOK || !sameJSON(resp.body, []byte(want)) {
			s.Errorf("the counts: got %d %s, want %s", resp.status, resp.body, want)
		}
	}},
	{"dueToday counts today in the time zone, including overdue tasks", func(s *subject) {
		for _, name := range []string{"UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"} {
			onOneDay(name, func(s *subject, now time.Time) func() {
				year, month, day := now.Date()
				begins, ends := time.Date(year, month, day, 0, 0, 0, 0, now.Location()), time.Date(year, month, day+1, 0, 0, 0, 0, now.Location())
				for _, due := range []time.Time{begins.Add(-time.Microsecond), begins, ends.Add(-time.Microsecond), ends} {
					s.create(taskapi.CreateTaskRequest{Title: due.String(), DueAt: &due})
				}
				got, err := s.client.TaskStats(s.Context(), name)
				s.ok(err)
				return func() {
					if got.DueToday != 2 || got.Overdue != 2 {
						s.Errorf("in %s: got %s, want two due today and two overdue", name, inJSON(got))
					}
				}
			})(s)
		}
	}},
	{"a time zone's name is accepted in any case", func(s *subject) {
		for _, zone := range []string{"utc", "europe/berlin", "AMERICA/PORT-AU-PRINCE", "asia/calcutta", "etc/gmt-14"} {
			s.must(s.client.TaskStats(s.Context(), zone))
		}
	}},
	{"a time zone that does not exist is 422", func(s *subject) {
		check := func() {
			for _, zone := range []string{"Europe/Atlantis", "Local", "Etc/Unknown", "right/Europe/Berlin", "Foo5", "UTC+3", "+02", "../etc/passwd", "'; SELECT 1"} {
				s.problem(s.raw(http.MethodGet, "/api/tasks/stats?timeZone="+url.QueryEscape(zone), ""),
					taskapi.CodeInvalid, field422("timeZone", taskapi.FieldNotAllowed))
			}
		}
		check()
		s.create(taskapi.CreateTaskRequest{Title: "due", DueAt: onDay(1)})
		check()
	}},
}

// write creates this number of tasks, completes them, and deletes or erases most of them.
// It is safe to call in a goroutine.
func (s *subject) write(times int) {
	ctx := s.Context()
	for i := range times {
		task, err := s.client.CreateTask(ctx, taskapi.CreateTaskRequest{Title: strconv.Itoa(i)})
		if err == nil {
			_, err = s.client.UpdateTask(ctx, task.ID, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)})
		}
		switch {
		case err != nil:
		case i%3 == 0:
			_, err = s.client.DeleteTask(ctx, task.ID)
		case i%3 == 1:
			_, err = s.client.EraseTask(ctx, task.ID)
		}
		if err != nil {
			s.Error(err)
			return
		}
	}
}
