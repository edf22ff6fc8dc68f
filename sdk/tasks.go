package sdk

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

const tasksPath = "/api/tasks"

// The media types of request bodies.
const (
	typeJSON       = "application/json"
	typeMergePatch = "application/merge-patch+json"
)

// TaskPage is one page of a list of tasks.
type TaskPage struct {
	// Tasks are the tasks of the page, in the list's order; never nil.
	Tasks []taskapi.Task
	// Meta has the position of the page. Its NextCursor, for
	// [taskapi.ListTasksOptions], is nil on the last page.
	Meta taskapi.ListMeta
}

// CreateTask creates a task of the user and returns it with the fields that the server
// sets.
func (c *Client) CreateTask(ctx context.Context, task taskapi.CreateTaskRequest, opts ...CallOption) (taskapi.Task, error) {
	return one[taskapi.Task](ctx, c, request{operation: "createTask", method: http.MethodPost, path: tasksPath, body: task}, opts)
}

// ListTasks returns one page of the user's tasks. [Client.Tasks] iterates over
// all pages.
func (c *Client) ListTasks(ctx context.Context, options taskapi.ListTasksOptions, opts ...CallOption) (TaskPage, error) {
	out, err := do[pageEnvelope[taskapi.Task]](ctx, c, request{operation: "listTasks", method: http.MethodGet, path: tasksPath, query: listQuery(options)}, opts)
	return TaskPage{Tasks: out.Data, Meta: out.Meta}, err
}

// Tasks iterates over the user's tasks from options.Cursor to the last page. It fetches
// options.Limit tasks per request. An error comes with the zero Task and ends the
// iteration.
//
//	for task, err := range client.Tasks(ctx, taskapi.ListTasksOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(task.Title)
//	}
//
// Concurrent writes to other tasks do not make it repeat or skip a task. A change that
// moves a task in the sort order can; in the default order nothing moves.
func (c *Client) Tasks(ctx context.Context, options taskapi.ListTasksOptions, opts ...CallOption) iter.Seq2[taskapi.Task, error] {
	return pages("listTasks", options.Cursor, func(cursor string) ([]taskapi.Task, *string, error) {
		query := options
		query.Cursor = cursor
		page, err := c.ListTasks(ctx, query, opts...)
		return page.Tasks, page.Meta.NextCursor, err
	})
}

// GetTask returns the task with this id, also from the trash. It fails with
// [ErrTaskNotFound] if the user has no such task, and with [IfNoneMatch] with
// [ErrNotModified] if the task has not changed since that version.
func (c *Client) GetTask(ctx context.Context, id string, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "getTask", method: http.MethodGet, path: tasksPath}, opts)
}

// ReplaceTask replaces the content of the task and returns the task. Fields that are
// left out get their defaults; [Client.UpdateTask] changes only some fields. With
// [IfMatch] it fails with [ErrVersionConflict] if the task has changed meanwhile.
func (c *Client) ReplaceTask(ctx context.Context, id string, task taskapi.ReplaceTaskRequest, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "replaceTask", method: http.MethodPut, path: tasksPath, body: task}, opts)
}

// UpdateTask changes the fields that are set, by [taskapi.Some] or
// [taskapi.Null], and returns the whole task. With [IfMatch] it fails with
// [ErrVersionConflict] if the task has changed meanwhile. [Client.EditTask]
// reads the task first and handles such conflicts.
func (c *Client) UpdateTask(ctx context.Context, id string, changes taskapi.UpdateTaskRequest, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "updateTask", method: http.MethodPatch, path: tasksPath, body: changes, contentType: typeMergePatch}, opts)
}

// DeleteTask moves the task to the trash, with its sub-tasks, and returns it in its new
// state. [Client.RestoreTask] restores it. With [IfMatch] it fails with
// [ErrVersionConflict] if the task has changed meanwhile.
func (c *Client) DeleteTask(ctx context.Context, id string, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "deleteTask", method: http.MethodDelete, path: tasksPath}, opts)
}

// RestoreTask takes the task out of the trash, with the sub-tasks that were deleted with
// it, and returns it. If its parent has been deleted or erased, it becomes a top-level
// task; if its list has, it moves to the Inbox. It fails with [ErrTaskNotFound] if the
// task is not in the trash, and with [IfMatch] with [ErrVersionConflict] if it has changed
// meanwhile.
func (c *Client) RestoreTask(ctx context.Context, id string, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "restoreTask", method: http.MethodPost, path: tasksPath, suffix: "/restore"}, opts)
}

// EraseTask deletes the task permanently, from the trash or outside it, with all its
// sub-tasks, and returns its last state. With [IfMatch] it fails with [ErrVersionConflict] if
// the task has changed meanwhile.
func (c *Client) EraseTask(ctx context.Context, id string, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "deleteTask", method: http.MethodDelete, path: tasksPath, query: url.Values{"permanent": {"true"}}}, opts)
}

// MoveTask moves the task to another place in the manual order and returns it: after or
// before another task of the same list and parent, or with [taskapi.Null] to an end. With
// ListID or ParentID it moves into another list or below another task, with its
// sub-tasks. It fails with [ErrInvalid] if the other task is not in that order. A task
// that is already in that place keeps its version. With [IfMatch] it fails with
// [ErrVersionConflict] if the task has changed meanwhile.
//
//	task, err := client.MoveTask(ctx, id, taskapi.MoveTaskRequest{After: taskapi.Null[string]()}) // to the top
func (c *Client) MoveTask(ctx context.Context, id string, to taskapi.MoveTaskRequest, opts ...CallOption) (taskapi.Task, error) {
	return byID[taskapi.Task](ctx, c, id, request{operation: "moveTask", method: http.MethodPost, path: tasksPath, suffix: "/move", body: to}, opts)
}

// TaskStats counts the user's tasks. The time zone, an IANA name such as
// "Europe/Berlin", decides when today begins and ends; empty means that of the user's settings.
func (c *Client) TaskStats(ctx context.Context, timeZone string, opts ...CallOption) (taskapi.Stats, error) {
	query := make(url.Values)
	set(query, "timeZone", timeZone)
	out, err := do[statsEnvelope](ctx, c, request{operation: "getTaskStats", method: http.MethodGet, path: tasksPath + "/stats", query: query}, opts)
	return out.Data, err
}

// TaskOccurrences returns the next due dates of a recurring task, assuming that it is
// completed on its due date, or now if it is overdue, and each later one on its own due
// date. The limit is at most [taskapi.MaxOccurrences]; 0 means
// [taskapi.DefaultOccurrences]. No date is more than [taskapi.MaxOccurrenceYears] ahead.
// It fails with [ErrTaskNotFound] if the user has no such task.
func (c *Client) TaskOccurrences(ctx context.Context, id string, limit int, opts ...CallOption) ([]taskapi.Occurrence, error) {
	query := make(url.Values)
	set(query, "limit", limit)
	r := request{operation: "listTaskOccurrences", method: http.MethodGet, path: tasksPath, suffix: "/occurrences", query: query}
	if err := r.appendID(id); err != nil {
		return nil, err
	}
	out, err := do[occurrencesEnvelope](ctx, c, r, opts)
	return out.Data, err
}

// Agenda returns the open tasks by due date: the overdue ones and those of the next days.
// It counts the others; tasks beyond its limits are counted in [taskapi.Agenda.Later].
func (c *Client) Agenda(ctx context.Context, options taskapi.AgendaOptions, opts ...CallOption) (taskapi.Agenda, error) {
	query := make(url.Values)
	set(query, "timeZone", options.TimeZone)
	set(query, "days", options.Days)
	out, err := do[agendaEnvelope](ctx, c, request{operation: "getAgenda", method: http.MethodGet, path: "/api/agenda", query: query}, opts)
	return out.Data, err
}

type statsEnvelope struct{ taskapi.StatsResponse }

func (e statsEnvelope) complete(*request) bool { return e.Success && e.Data.ByPriority != nil }

type occurrencesEnvelope struct{ taskapi.OccurrenceListResponse }

func (e occurrencesEnvelope) complete(*request) bool { return e.Success && e.Data != nil }

type agendaEnvelope struct{ taskapi.AgendaResponse }

func (e agendaEnvelope) complete(*request) bool {
	return e.Success && e.Data.Overdue != nil && e.Data.Days != nil
}

// listQuery returns the query of listTasks.
func listQuery(options taskapi.ListTasksOptions) url.Values {
	query := make(url.Values)
	if options.Completed != nil {
		query.Set("completed", strconv.FormatBool(*options.Completed))
	}
	for _, priority := range options.Priorities {
		query.Add("priority", string(priority))
	}
	for _, tag := range options.Tags {
		query.Add("tag", tag)
	}
	setTime(query, "dueBefore", options.DueBefore)
	setTime(query, "dueAfter", options.DueAfter)
	set(query, "q", options.Query)
	set(query, "listId", options.ListID)
	set(query, "parentId", options.ParentID)
	set(query, "deleted", options.Deleted)
	set(query, "sort", options.Sort)
	set(query, "limit", options.Limit)
	set(query, "cursor", options.Cursor)
	return query
}

// set sets a parameter of a query, unless the value is zero.
func set[T comparable](query url.Values, name string, value T) {
	var zero T
	if value != zero {
		query.Set(name, fmt.Sprint(value))
	}
}

// setTime sets a parameter unless the time is nil.
func setTime(query url.Values, name string, t *time.Time) {
	if t != nil {
		query.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}
