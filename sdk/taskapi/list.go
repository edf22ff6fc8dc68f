package taskapi

import "time"

// Limits of a page of listTasks, in tasks, and of listChanges, in changes.
const (
	DefaultListLimit = 50
	MaxListLimit     = 200
)

// Sort is a sort order of listTasks. A leading minus sign reverses it; ties are ordered
// by id. Tasks without a due date come last in both directions.
type Sort string

// The sort orders of listTasks. The empty Sort means [NewestFirst].
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

// Sorts returns every sort order of listTasks.
func Sorts() []Sort {
	return []Sort{
		OldestFirst, NewestFirst, LongestUntouched, RecentlyUpdatedFirst, DueSoonest, DueLatest,
		LeastUrgent, MostUrgent, TitleAscending, TitleDescending, ManualOrder, ManualOrderReversed,
	}
}

// In [ListTasksOptions], [Inbox] is the ListID of tasks without a list, [NoParent] the
// ParentID of top-level tasks.
const (
	Inbox    = "inbox"
	NoParent = "none"
)

// ListTasksOptions is the query of listTasks. A zero field does not filter; tasks must
// pass all filters.
type ListTasksOptions struct {
	// Completed selects finished (true) or open (false) tasks.
	Completed *bool
	// Priorities selects tasks with any of these priorities.
	Priorities []Priority
	// Tags selects tasks with all of these tags, in any case.
	Tags []string
	// DueBefore selects tasks due before a time, DueAfter tasks due at or after a
	// time.
	DueBefore, DueAfter *time.Time
	// Query selects tasks whose title, description and tags contain all these words,
	// in any order and case. The last word may be a prefix.
	Query string
	// ListID selects the tasks of a list, or with [Inbox] those without a list.
	// Tasks of archived lists are left out, unless ListID, ParentID or Deleted selects
	// them.
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
	// Cursor is [ListMeta.NextCursor] of the previous page. It is valid only with the
	// same sort order and filters.
	Cursor string
}

// ListMeta describes a page of a list.
type ListMeta struct {
	NextCursor *string `json:"nextCursor" doc:"The cursor of the next page; null on the last one." example:"eyJ2IjoxfQ"`
	Changes    int64   `json:"changes" minimum:"0" doc:"The number of the user's latest change as of this page. Watch from this number." example:"184"`
}
