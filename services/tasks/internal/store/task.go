package store

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// taskRow is a row of tasklane.tasks. It is separate from the wire type, because columns
// and the API change independently.
type taskRow struct {
	bun.BaseModel `bun:"table:tasklane.tasks,alias:t"`
	meta
	ordered

	Title       string     `bun:"title"`
	Description string     `bun:"description"`
	CompletedAt *time.Time `bun:"completed_at"`
	Priority    int16      `bun:"priority"`
	DueAt       *time.Time `bun:"due_at"`
	DueOn       *string    `bun:"due_on"`
	Tags        []string   `bun:"tags,array"`
	// ListID is zero in the Inbox.
	ListID uuid.UUID `bun:"list_id,type:uuid"`
	// ParentID is zero unless the task is a sub-task.
	ParentID uuid.UUID `bun:"parent_id,type:uuid"`
	// Recurrence is empty unless the task recurs.
	Recurrence     string                 `bun:"recurrence"`
	RecurrenceFrom taskapi.RecurrenceFrom `bun:"recurrence_from"`
	// NextID is the next task of this one; zero for none.
	NextID uuid.UUID `bun:"next_id,type:uuid"`
	// DeletedWith is the resource with which the task was deleted; zero outside the
	// trash, and if the task was deleted directly.
	DeletedWith uuid.UUID `bun:"deleted_with,type:uuid"`
}

var tasks = define(&definition[taskRow, taskapi.Task, taskapi.ReplaceTaskRequest, taskapi.UpdateTaskRequest]{
	name:       taskapi.KindTask,
	wire:       (*taskRow).task,
	setContent: (*taskRow).setContent,
	complete:   clearOtherDue,
	example:    taskapi.ReplaceTaskRequest{Title: "probe"},
	prepare:    prepareTask,
	follow:     followTask,
	siblings:   siblingsOf,
	list:       listTasks,
	derived: []column{
		{name: "title_key", from: []string{"title"}, derive: func(r row) any { return titleKey(r.(*taskRow).Title) }},
		{name: "tag_keys", from: []string{"tags"}, derive: func(r row) any { return r.(*taskRow).tagKeys() }},
		{name: "words", from: []string{"title", "description", "tags"}, derive: func(r row) any { return r.(*taskRow).words() }},
	},
})

// task returns the row as a task of the API.
func (r *taskRow) task() taskapi.Task {
	return taskapi.Task{
		ID:          r.ID.String(),
		Title:       r.Title,
		Description: r.Description,
		Completed:   r.CompletedAt != nil,
		CompletedAt: r.CompletedAt,
		Priority:    priorities[r.Priority],
		DueAt:       r.DueAt,
		DueOn:       r.DueOn,
		Tags:        r.Tags,
		ListID:      wireID(r.ListID),
		ParentID:    wireID(r.ParentID),
		Recurrence:  r.recurrence(), RecurrenceFrom: cmp.Or(r.RecurrenceFrom, taskapi.FromDue), NextID: wireID(r.NextID),
		Position:  r.Position,
		Version:   r.Version,
		CreatedAt: r.CreatedAt,
		UpdatedAt: r.UpdatedAt,
		DeletedAt: r.DeletedAt,
	}
}

// setContent sets the row to a validated content.
func (r *taskRow) setContent(c taskapi.ReplaceTaskRequest, now time.Time) {
	r.Title = c.Title
	r.Description = c.Description
	r.Priority = rank(c.Priority)
	r.DueAt = c.DueAt
	r.DueOn = c.DueOn // setDue gives it precedence
	r.Tags = c.Tags
	r.ListID = rowID(c.ListID)
	r.ParentID = rowID(c.ParentID)
	r.Recurrence = ""
	if c.Recurrence != nil {
		r.Recurrence = *c.Recurrence
	}
	r.RecurrenceFrom = cmp.Or(c.RecurrenceFrom, taskapi.FromDue)
	switch {
	case !c.Completed:
		r.CompletedAt = nil
	case r.CompletedAt == nil:
		r.CompletedAt = &now
	}
}

// recurrence returns the rule as the API has it.
func (r *taskRow) recurrence() *string {
	if r.Recurrence == "" {
		return nil
	}
	return new(r.Recurrence)
}

// tagKeys returns the keys of the tags, or nil if they equal the tags.
func (r *taskRow) tagKeys() []string {
	var keys []string
	for _, tag := range r.Tags {
		keys = append(keys, taskapi.TagKey(tag))
	}
	if slices.Equal(keys, r.Tags) {
		return nil
	}
	return keys
}

// words returns the words that search looks for.
func (r *taskRow) words() pgtype.TSVector {
	return wordsOf(append([]string{r.Title, r.Description}, r.Tags...)...)
}

// priorities are in the order of their stored numbers.
var priorities = taskapi.Priorities()

// rank returns the stored number of a priority. The empty priority is None.
func rank(p taskapi.Priority) int16 {
	return int16(max(slices.Index(priorities, p), 0))
}

// taskOrders are the ascending orders.
var taskOrders = map[taskapi.Sort]order[taskRow]{
	taskapi.OldestFirst: {}, // ids contain the time
	taskapi.LongestUntouched: {
		// Change numbers increase with the time of the change, and have an index.
		expression: "seq",
		key:        func(r *taskRow) string { return formatNumber(r.Seq) },
		value:      parseNumber(64),
	},
	taskapi.DueSoonest: {
		expression: "due_at", nullable: true,
		key:   func(r *taskRow) string { return formatTime(r.DueAt) },
		value: parseTime,
	},
	taskapi.LeastUrgent: {
		expression: "priority", unindexed: true,
		key:   func(r *taskRow) string { return formatNumber(int64(r.Priority)) },
		value: parseNumber(16),
	},
	taskapi.TitleAscending: {
		expression: "title_key", unindexed: true,
		key:   func(r *taskRow) string { return base64.RawStdEncoding.EncodeToString(titleKey(r.Title)) },
		value: func(key string) (any, error) { return base64.RawStdEncoding.DecodeString(key) },
	},
	taskapi.ManualOrder: {
		expression: "position",
		key:        func(r *taskRow) string { return r.Position },
		value:      parsePosition,
	},
}

// listTasks describes the page of tasks that the options select.
func listTasks(query any) (list[taskRow], error) {
	options := query.(taskapi.ListTasksOptions)
	if options.Sort == "" {
		options.Sort = taskapi.NewestFirst
	}
	ascending, descending := strings.CutPrefix(string(options.Sort), "-")
	by, known := taskOrders[taskapi.Sort(ascending)]
	if !known {
		return list[taskRow]{}, fmt.Errorf("unknown sort order %q", options.Sort)
	}
	by.descending = descending
	l := list[taskRow]{by: by, cursor: options.Cursor, limit: options.Limit, planned: !by.unindexed && !isFiltered(options)}
	options.Cursor, options.Limit = "", 0
	l.digest = listDigest(options)
	l.filter = func(q *bun.SelectQuery, b *bound) { filterTasks(q, b, options) }
	return l, nil
}

// isFiltered reports whether the best plan of a page depends on the filters.
func isFiltered(o taskapi.ListTasksOptions) bool {
	return o.Deleted || o.Completed != nil || len(o.Priorities) > 0 || len(o.Tags) > 0 ||
		o.DueBefore != nil || o.DueAfter != nil || o.Query != "" ||
		(o.ListID != "" || o.ParentID != "") && !strings.HasSuffix(string(o.Sort), string(taskapi.ManualOrder))
}

// filterTasks adds the conditions of a list's filters.
func filterTasks(q *bun.SelectQuery, b *bound, options taskapi.ListTasksOptions) {
	filterDeleted(q, options.Deleted)
	if options.Completed != nil {
		q.Where("(completed_at IS NOT NULL) = " + b.arg(*options.Completed))
	}
	if len(options.Priorities) > 0 {
		ranks := make([]int16, len(options.Priorities))
		for i, p := range options.Priorities {
			ranks[i] = rank(p)
		}
		q.Where("priority = ANY (" + b.arg(ranks) + ")")
	}
	if len(options.Tags) > 0 {
		q.Where("coalesce(tag_keys, tags) @> " + b.arg(options.Tags))
	}
	if options.DueBefore != nil {
		q.Where("due_at < " + b.arg(*options.DueBefore))
	}
	if options.DueAfter != nil {
		q.Where("due_at >= " + b.arg(*options.DueAfter))
	}
	if options.ListID == "" && !options.Deleted && (options.ParentID == "" || options.ParentID == taskapi.NoParent) {
		q.Where(notArchived)
	}
	if options.ListID != "" {
		var list uuid.UUID
		if options.ListID != taskapi.Inbox {
			list = uuid.MustParse(options.ListID) // it was validated before
		}
		q.Where("list_id = " + b.arg([16]byte(list)))
	}
	switch options.ParentID {
	case "":
	case taskapi.NoParent:
		q.Where("parent_id = " + b.arg([16]byte{}))
	default:
		q.Where("parent_id = " + b.arg([16]byte(uuid.MustParse(options.ParentID))) + " AND " + isSubTask) // it was validated before
	}
	if options.Query != "" {
		if query := searchQuery(options.Query); query != "" {
			q.Where("words @@ " + b.arg(query) + "::tsquery")
		} else {
			q.Where("FALSE") // a query without a word matches nothing
		}
	}
}

// notArchived excludes the tasks of archived lists, of the user $1.
const notArchived = "list_id NOT IN (SELECT id FROM tasklane.lists WHERE user_id = $1 AND archived)"
