package sdktest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

var listParameters = []string{
	"completed", "priority", "tag", "dueBefore", "dueAfter", "q", "deleted", "sort", "limit", "cursor",
}

// parameter reads a query's parameter, if it is there.
func (f *faults) parameter(query url.Values, name string, read func(*faults, string, string)) {
	if query.Has(name) {
		read(f, name, query.Get(name))
	}
}

// boolean reads a parameter that is true or false.
func boolean(into *bool) func(*faults, string, string) {
	return func(f *faults, name, text string) {
		var err error
		if *into, err = strconv.ParseBool(text); err != nil {
			f.add(name, taskapi.FieldType, "must be true or false")
		}
	}
}

// number reads a parameter that is a whole number.
func number(into *int64, least, most int64) func(*faults, string, string) {
	return func(f *faults, name, text string) {
		var err error
		switch *into, err = strconv.ParseInt(text, 10, 64); {
		case err != nil:
			f.add(name, taskapi.FieldType, "must be a whole number")
		case *into < least:
			f.add(name, taskapi.FieldOutOfRange, fmt.Sprintf("must be at least %d", least))
		case *into > most:
			f.add(name, taskapi.FieldOutOfRange, fmt.Sprintf("must be at most %d", most))
		}
	}
}

// instant reads a parameter that is a time.
func instant(into **time.Time) func(*faults, string, string) {
	return func(f *faults, name, text string) { *into = f.time(name, text) }
}

// listOptions reads the query of listTasks.
func listOptions(query url.Values) (taskapi.ListTasksOptions, *problem) {
	options := taskapi.ListTasksOptions{Query: query.Get("q"), Cursor: query.Get("cursor"), Sort: taskapi.NewestFirst}
	limit := int64(taskapi.DefaultListLimit)
	var completed bool
	var f faults
	if query.Has("completed") {
		f.parameter(query, "completed", boolean(&completed))
		options.Completed = &completed
	}
	for i, priority := range query["priority"] {
		options.Priorities = append(options.Priorities, f.priority(index("priority", i), priority))
	}
	for _, tag := range query["tag"] {
		options.Tags = append(options.Tags, trim(tag))
	}
	f.filters(query)
	f.parameter(query, "dueBefore", instant(&options.DueBefore))
	f.parameter(query, "dueAfter", instant(&options.DueAfter))
	f.parameter(query, "deleted", boolean(&options.Deleted))
	f.parameter(query, "limit", number(&limit, 1, taskapi.MaxListLimit))
	f.parameter(query, "sort", func(f *faults, name, text string) {
		options.Sort = taskapi.Sort(text)
		if !slices.Contains(taskapi.Sorts(), options.Sort) {
			f.add(name, taskapi.FieldNotAllowed, "is no order of this list")
		}
	})
	options.Limit = int(limit)
	return options, f.problem()
}

// maxQuery is the length of the longest q, in code points.
const maxQuery = 500

// filters checks the filters that are texts.
func (f *faults) filters(query url.Values) {
	f.length("q", query.Get("q"), 0, maxQuery)
	for name, most := range map[string]int{"tag": taskapi.MaxTags, "priority": len(taskapi.Priorities())} {
		if len(query[name]) > most {
			f.add(name, taskapi.FieldTooMany, fmt.Sprintf("must have at most %d entries", most))
		}
	}
	for _, name := range []string{"q", "tag"} {
		if slices.ContainsFunc(query[name], func(text string) bool { return strings.ContainsRune(text, 0) }) {
			f.add(name, taskapi.FieldFormat, "must not contain the character NUL")
		}
	}
}

func (s *Server) listTasks(c *call) (*reply, *problem) {
	options, p := listOptions(c.request.URL.Query())
	if p != nil {
		return nil, p
	}
	after, ok := parseCursor(options)
	if !ok {
		return nil, newProblem(taskapi.CodeInvalidCursor, "The cursor does not belong to this list. Start again without one.")
	}
	var places []position
	for _, e := range c.tx.user.tasks {
		if at := positionOf(e, options); passes(e.task, options) && (after == nil || at.compare(*after, options.Sort) > 0) {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b position) int { return a.compare(b, options.Sort) })
	response := taskapi.TaskListResponse{Success: true, Data: []taskapi.Task{}, Meta: taskapi.ListMeta{Changes: c.tx.user.seq}}
	if len(places) > options.Limit {
		places = places[:options.Limit]
		next := places[options.Limit-1].cursor(options)
		response.Meta.NextCursor = &next
	}
	for _, at := range places {
		response.Data = append(response.Data, c.tx.user.tasks[at.ID].task)
	}
	return newReply(http.StatusOK, response), nil
}

// passes reports whether a task passes the filters.
func passes(task taskapi.Task, options taskapi.ListTasksOptions) bool {
	switch {
	case options.Deleted != (task.DeletedAt != nil),
		options.Completed != nil && *options.Completed != task.Completed,
		options.Priorities != nil && !slices.Contains(options.Priorities, task.Priority),
		slices.ContainsFunc(options.Tags, func(tag string) bool { return !slices.Contains(task.Tags, tag) }),
		options.DueBefore != nil && (task.DueAt == nil || !task.DueAt.Before(*options.DueBefore)),
		options.DueAfter != nil && (task.DueAt == nil || task.DueAt.Before(*options.DueAfter)):
		return false
	}
	return options.Query == "" || found(task, options.Query)
}

// found reports whether a task has all words of a query, the last one perhaps
// only begun.
func found(task taskapi.Task, query string) bool {
	has := words(strings.Join(append([]string{task.Title, task.Description}, task.Tags...), "\n"))
	wanted := words(query)
	for i, word := range wanted {
		if !slices.ContainsFunc(has, func(other string) bool {
			return other == word || i == len(wanted)-1 && strings.HasPrefix(other, word)
		}) {
			return false
		}
	}
	return len(wanted) > 0
}

// position is a task's place in a list, and what a cursor holds.
type position struct {
	List []byte // names the order and the filters
	Key  string // the value that is sorted by; empty for none
	ID   string
}

// sortableTime has times in the order of their texts.
const sortableTime = "2006-01-02T15:04:05.000000Z"

func positionOf(e entry, options taskapi.ListTasksOptions) position {
	at := position{ID: e.task.ID}
	switch taskapi.Sort(strings.TrimPrefix(string(options.Sort), "-")) {
	case taskapi.OldestFirst:
		at.Key = e.task.CreatedAt.Format(sortableTime)
	case taskapi.LongestUntouched:
		at.Key = fmt.Sprintf("%020d", e.seq)
	case taskapi.DueSoonest:
		if e.task.DueAt != nil {
			at.Key = e.task.DueAt.Format(sortableTime)
		}
	case taskapi.LeastUrgent:
		at.Key = strconv.Itoa(slices.Index(taskapi.Priorities(), e.task.Priority))
	case taskapi.TitleAscending:
		at.Key = titleKey(e.task.Title)
	}
	return at
}

// compare returns a negative number if p comes before other in an order.
func (p position) compare(other position, order taskapi.Sort) int {
	if (p.Key == "") != (other.Key == "") {
		return strings.Compare(other.Key, p.Key) // without a value last
	}
	result := cmp.Or(strings.Compare(p.Key, other.Key), strings.Compare(p.ID, other.ID))
	if strings.HasPrefix(string(order), "-") {
		return -result
	}
	return result
}

// cursor returns the position as clients carry it.
func (p position) cursor(options taskapi.ListTasksOptions) string {
	p.List = listName(options)
	encoded, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts can always be encoded
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// parseCursor reads the options' cursor, of which there may be none. It reports
// whether the cursor belongs to the list.
func parseCursor(options taskapi.ListTasksOptions) (*position, bool) {
	if options.Cursor == "" {
		return nil, true
	}
	var p position
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(options.Cursor)
	if err != nil || json.Unmarshal(decoded, &p) != nil || !bytes.Equal(p.List, listName(options)) {
		return nil, false
	}
	return &p, true
}

// listName is what a cursor is bound to.
func listName(options taskapi.ListTasksOptions) []byte {
	options.Cursor, options.Limit = "", 0
	encoded, err := json.Marshal(options)
	if err != nil {
		panic(err) // times within four digits of a year can always be encoded
	}
	return encoded
}
