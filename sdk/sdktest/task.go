package sdktest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// tasks is the kind of tasks.
func tasks() *kind {
	return many[taskapi.Task](taskapi.TaskOperations, kind{
		name: taskapi.KindTask, title: "Task", path: "/api/tasks", setDefaults: setTaskDefaults,
		routes: []route{
			{
				operation: "listTasks", method: http.MethodGet, path: "/api/tasks", read: (*Server).listTasks,
				parameters: []string{"completed", "priority", "tag", "dueBefore", "dueAfter", "q", "listId", "parentId", "deleted", "sort", "limit", "cursor"},
			},
			{operation: "getTaskStats", method: http.MethodGet, path: "/api/tasks/stats", parameters: []string{"timeZone"}, read: (*Server).getTaskStats},
			{operation: "listTaskOccurrences", method: http.MethodGet, path: "/api/tasks/{id}/occurrences", parameters: []string{"limit"}, read: (*Server).listTaskOccurrences},
			{operation: "getAgenda", method: http.MethodGet, path: "/api/agenda", parameters: []string{"timeZone", "days"}, read: (*Server).getAgenda},
		},
	})
}

func setTaskDefaults(resource any, now time.Time) {
	task := resource.(*taskapi.Task)
	task.Priority = cmp.Or(task.Priority, taskapi.None)
	task.RecurrenceFrom = cmp.Or(task.RecurrenceFrom, taskapi.FromDue)
	switch {
	case !task.Completed:
		task.CompletedAt = nil
	case task.CompletedAt == nil:
		task.CompletedAt = &now
	}
}

// listOptions reads the query of listTasks.
func listOptions(query url.Values) (taskapi.ListTasksOptions, *problem) {
	options := taskapi.ListTasksOptions{Query: query.Get("q"), Cursor: query.Get("cursor")}
	limit := int64(taskapi.DefaultListLimit)
	var f fieldErrors
	f.optionalBoolean(query, "completed", &options.Completed)
	for i, priority := range query["priority"] {
		options.Priorities = append(options.Priorities, taskapi.Priority(f.text(filterFields["priority"], index("priority", i), priority)))
	}
	for _, tag := range query["tag"] {
		options.Tags = append(options.Tags, taskapi.TagKey(strings.TrimSpace(compose(tag))))
	}
	f.filters(query)
	f.instant(query, "dueBefore", &options.DueBefore)
	f.instant(query, "dueAfter", &options.DueAfter)
	options.ListID = f.idOr(query, "listId", taskapi.Inbox)
	options.ParentID = f.idOr(query, "parentId", taskapi.NoParent)
	f.boolean(query, "deleted", &options.Deleted)
	f.number(query, "limit", &limit, 1, taskapi.MaxListLimit)
	options.Sort = cmp.Or(taskapi.Sort(query.Get("sort")), taskapi.NewestFirst)
	if !slices.Contains(taskapi.Sorts(), options.Sort) {
		f.add("sort", taskapi.FieldNotAllowed, "is not a sort order of this list")
	}
	options.Limit = int(limit)
	if len(f) == 0 {
		f.queryTexts(query)
	}
	return options, f.problem()
}

// idOr reads a parameter that is an id, or the word for none.
func (f *fieldErrors) idOr(query url.Values, name, none string) string {
	text := query.Get(name)
	id := strings.ToLower(text)
	if text != "" && text != none && !isUUID(id) {
		f.add(name, taskapi.FieldFormat, "must be "+none+" or a UUID")
	}
	return id
}

// filterFields are the filters that are validated like fields of a body.
var filterFields = map[string]field{
	"priority": {tag: taskField("Priority").Tag},
	"q":        {tag: `maxLength:"500"`},
}

func taskField(name string) reflect.StructField {
	field, _ := reflect.TypeFor[taskapi.Task]().FieldByName(name)
	return field
}

// filters validates the text filters.
func (f *fieldErrors) filters(query url.Values) {
	f.text(filterFields["q"], "q", query.Get("q"))
	for name, maximum := range map[string]int{"tag": taskapi.MaxTags, "priority": len(taskapi.Priorities())} {
		if len(query[name]) > maximum {
			f.add(name, taskapi.FieldTooMany, fmt.Sprintf("must have at most %d entries", maximum))
		}
	}
}

// queryTexts validates text filters by rules that the OpenAPI document does not
// express, and that the service therefore checks last.
func (f *fieldErrors) queryTexts(query url.Values) {
	for _, name := range []string{"q", "tag"} {
		if slices.ContainsFunc(query[name], func(text string) bool { return strings.ContainsRune(text, 0) || !utf8.ValidString(text) }) {
			f.add(name, taskapi.FieldFormat, "must be UTF-8 without the character NUL")
		}
	}
}

func (s *Server) listTasks(c *call) (*reply, *problem) {
	options, p := listOptions(c.request.URL.Query())
	if p != nil {
		return nil, p
	}
	query := options
	query.Cursor, query.Limit = "", 0
	return c.list(listing{
		query: query,
		matches: func(r resource) bool {
			task, isTask := r.wire().(taskapi.Task)
			isNamed := options.ListID != "" || options.Deleted || options.ParentID != "" && options.ParentID != taskapi.NoParent
			return isTask && matches(task, options) && (isNamed || !c.tx.user.isArchived(task))
		},
		key:        taskKey(options.Sort),
		descending: strings.HasPrefix(string(options.Sort), "-"),
		cursor:     options.Cursor,
		limit:      options.Limit,
	})
}

// matches reports whether a task passes the filters.
func matches(task taskapi.Task, options taskapi.ListTasksOptions) bool {
	switch {
	case options.Deleted != (task.DeletedAt != nil),
		options.Completed != nil && *options.Completed != task.Completed,
		options.Priorities != nil && !slices.Contains(options.Priorities, task.Priority),
		slices.ContainsFunc(options.Tags, func(key string) bool {
			return !slices.ContainsFunc(task.Tags, func(tag string) bool { return taskapi.TagKey(tag) == key })
		}),
		options.ListID != "" && !isID(task.ListID, options.ListID, taskapi.Inbox),
		options.ParentID != "" && !isID(task.ParentID, options.ParentID, taskapi.NoParent),
		options.DueBefore != nil && (task.DueAt == nil || !task.DueAt.Before(*options.DueBefore)),
		options.DueAfter != nil && (task.DueAt == nil || task.DueAt.Before(*options.DueAfter)):
		return false
	}
	return options.Query == "" || hasWords(task, options.Query)
}

// isID reports whether a field has the wanted id; none is the word for no id.
func isID(field *string, wanted, none string) bool {
	if field == nil {
		return wanted == none
	}
	return *field == wanted
}

// hasWords reports whether a task has all words of a query. The last one may be a prefix.
func hasWords(task taskapi.Task, query string) bool {
	words := taskapi.SearchWords(decompose(strings.Join(append([]string{task.Title, task.Description}, task.Tags...), "\n")))
	wanted := taskapi.SearchWords(decompose(query))
	for i, word := range wanted {
		if !slices.ContainsFunc(words, func(other string) bool {
			return other == word || i == len(wanted)-1 && strings.HasPrefix(other, word)
		}) {
			return false
		}
	}
	return len(wanted) > 0
}

// taskKey returns the function that returns a task's sort key.
func taskKey(sort taskapi.Sort) func(entry) string {
	return func(e entry) string {
		task := e.wire().(taskapi.Task)
		switch taskapi.Sort(strings.TrimPrefix(string(sort), "-")) {
		case taskapi.LongestUntouched:
			return fmt.Sprintf("%020d", e.seq)
		case taskapi.DueSoonest:
			if task.DueAt == nil {
				return ""
			}
			return task.DueAt.Format(sortableTime)
		case taskapi.LeastUrgent:
			return strconv.Itoa(slices.Index(taskapi.Priorities(), task.Priority))
		case taskapi.ManualOrder:
			return task.Position
		case taskapi.TitleAscending:
			return titleKey(task.Title)
		default:
			return task.CreatedAt.Format(sortableTime)
		}
	}
}

func (s *Server) getTaskStats(c *call) (*reply, *problem) {
	zone, p := c.timeZone()
	if p != nil {
		return nil, p
	}
	stats := c.tx.user.stats(c.tx.now, zone)
	return newReply(http.StatusOK, taskapi.StatsResponse{Success: true, Data: stats}), nil
}

// timeZone returns the time zone of the request, by default that of the user's settings.
func (c *call) timeZone() (*time.Location, *problem) {
	zone, err := taskapi.LoadZone(cmp.Or(c.request.URL.Query().Get("timeZone"), c.tx.user.settings().TimeZone))
	if err != nil {
		return nil, invalid(fieldError("timeZone", taskapi.FieldNotAllowed, "must be the IANA name of a time zone"))
	}
	return zone, nil
}

// stats counts the user's tasks.
func (u *user) stats(now time.Time, zone *time.Location) taskapi.Stats {
	date := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
	stats := taskapi.Stats{ByPriority: make(map[taskapi.Priority]int64), ByTag: []taskapi.TagCount{}, ByList: []taskapi.ListCount{}}
	for _, priority := range taskapi.Priorities() {
		stats.ByPriority[priority] = 0
	}
	tags := make(map[string]map[string]int64) // by key and spelling
	lists := make(map[string]int64)           // by id, empty for the Inbox
	for _, e := range u.resources {
		task, isTask := e.wire().(taskapi.Task)
		switch {
		case !isTask:
			continue
		case task.DeletedAt != nil:
			stats.Deleted++
			continue
		case !task.Completed:
			lists[listOf(e.resource)]++
		}
		switch {
		case u.isArchived(task):
			continue
		case task.Completed:
			stats.Completed++
			continue
		}
		stats.Open++
		stats.ByPriority[task.Priority]++
		for _, tag := range task.Tags {
			key := taskapi.TagKey(tag)
			if tags[key] == nil {
				tags[key] = make(map[string]int64)
			}
			tags[key][tag]++
		}
		due := task.DueAt
		if due == nil {
			stats.Undated++
			continue
		}
		if task.Overdue(now) {
			stats.Overdue++
		}
		if date(*due) == date(now) {
			stats.DueToday++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(lists)) {
		count := taskapi.ListCount{Count: lists[id]}
		if id != "" {
			count.ListID = &id
		}
		stats.ByList = append(stats.ByList, count)
	}
	for _, spellings := range tags {
		var counted, mostUsed taskapi.TagCount
		for _, tag := range slices.Sorted(maps.Keys(spellings)) {
			counted.Count += spellings[tag]
			if spellings[tag] > mostUsed.Count {
				mostUsed = taskapi.TagCount{Tag: tag, Count: spellings[tag]}
			}
		}
		counted.Tag = mostUsed.Tag
		stats.ByTag = append(stats.ByTag, counted)
	}
	slices.SortFunc(stats.ByTag, func(a, b taskapi.TagCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(taskapi.TagKey(a.Tag), taskapi.TagKey(b.Tag)))
	})
	stats.ByTag = stats.ByTag[:min(len(stats.ByTag), taskapi.MaxStatsTags)]
	return stats
}
