package taskapi

import "time"

// The number of tasks on a page of listTasks, and of changes on one of
// listChanges.
const (
	DefaultListLimit = 50
	MaxListLimit     = 200
)

// Sort is an order of listTasks. A leading minus sign turns it round; equal
// tasks follow by id. Tasks without a due date come last in both directions.
type Sort string

// The orders of listTasks. The empty Sort means [NewestFirst].
const (
	NewestFirst          Sort = "-createdAt"
	OldestFirst          Sort = "createdAt"
	RecentlyUpdatedFirst Sort = "-updatedAt"
	LongestUntouched     Sort = "updatedAt"
	DueSoonest           Sort = "dueAt"
	DueLatest            Sort = "-dueAt"
	MostUrgent           Sort = "-priority"
	LeastUrgent          Sort = "priority"
	TitleAscending       Sort = "title"
	TitleDescending      Sort = "-title"
	ManualOrder          Sort = "position"
	ManualOrderReversed  Sort = "-position"
)

// Sorts returns every order of listTasks.
func Sorts() []Sort {
	return []Sort{
		OldestFirst, NewestFirst, LongestUntouched, RecentlyUpdatedFirst, DueSoonest, DueLatest,
		LeastUrgent, MostUrgent, TitleAscending, TitleDescending, ManualOrder, ManualOrderReversed,
	}
}

// In [ListTasksOptions], Inbox is the ListID of tasks that are in no list, NoParent
// the ParentID of tasks that are not sub-tasks.
const (
	Inbox    = "inbox"
	NoParent = "none"
)

// ListTasksOptions is the query of listTasks. A zero field does not filter;
// several filters select what passes all of them.
type ListTasksOptions struct {
	// Completed selects finished (true) or open (false) tasks.
	Completed *bool
	// Priorities selects tasks of any of these.
	Priorities []Priority
	// Tags selects tasks that have all of these, in any case.
	Tags []string
	// DueBefore and DueAfter select tasks due earlier than, or at or after,
	// a time.
	DueBefore, DueAfter *time.Time
	// Query selects tasks whose title, description and tags hold all these
	// words, in any order and case. The last word may be the beginning of
	// one.
	Query string
	// ListID selects the tasks of a list, or with [Inbox] those of none. Tasks of
	// archived lists are left out, unless their list, their parent or the trash is
	// asked for.
	ListID string
	// ParentID selects the sub-tasks of a task, or with [NoParent] the tasks
	// without a parent.
	ParentID string
	// Deleted selects the tasks in the trash instead of those outside it.
	Deleted bool
	// Sort is the order; empty means [NewestFirst].
	Sort Sort
	// Limit is the number of tasks on a page, from 1 to [MaxListLimit];
	// zero means [DefaultListLimit].
	Limit int
	// Cursor is [ListMeta.NextCursor] of the page before. It belongs to
	// the order and the filters it was made for.
	Cursor string
}

// TaskListResponse is the response of listTasks.
type TaskListResponse struct {
	Success bool     `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    []Task   `json:"data"`
	Meta    ListMeta `json:"meta"`
}

// ListMeta says where a page of tasks stands.
type ListMeta struct {
	NextCursor *string `json:"nextCursor" doc:"The cursor of the next page; null on the last one." example:"eyJ2IjoxfQ"`
	Changes    int64   `json:"changes" minimum:"0" doc:"The user's change number as of this page: what to watch from." example:"184"`
}
