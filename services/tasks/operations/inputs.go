package operations

import (
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// ListTasksInput is the query of listTasks.
type ListTasksInput struct {
	Completed Optional[bool]      `query:"completed" doc:"Only finished (true) or only open (false) tasks; all by default." example:"false"`
	Priority  []taskapi.Priority  `query:"priority,explode" enum:"none,low,medium,high,urgent" maxItems:"5" doc:"Only tasks of one of these priorities. Repeat the parameter for several." example:"high,urgent"`
	Tag       []string            `query:"tag,explode" maxItems:"20" doc:"Only tasks that have all of these tags, in any case. Repeat the parameter for several." example:"home"`
	DueBefore Optional[time.Time] `query:"dueBefore" doc:"Only tasks due earlier than this." example:"2026-12-01T00:00:00Z"`
	DueAfter  Optional[time.Time] `query:"dueAfter" doc:"Only tasks due at this time or later." example:"2026-11-01T00:00:00Z"`
	Query     string              `query:"q" maxLength:"500" doc:"Only tasks whose title, description and tags contain all these words, regardless of case and accents. The last word may be a prefix." example:"water pla"`
	ListID    string              `query:"listId" pattern:"^(inbox|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$" patternDescription:"inbox or a UUID" doc:"Only tasks of this list, or of the Inbox. Tasks of archived lists are left out, unless the query names their list, their parent or the trash." example:"inbox"`
	ParentID  string              `query:"parentId" pattern:"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$" patternDescription:"none or a UUID" doc:"Only sub-tasks of this task, or only top-level tasks." example:"none"`
	Deleted   bool                `query:"deleted" doc:"The tasks in the trash instead of those outside it." example:"false"`
	Sort      taskapi.Sort        `query:"sort" default:"-createdAt" enum:"createdAt,-createdAt,updatedAt,-updatedAt,dueAt,-dueAt,priority,-priority,title,-title,position,-position" doc:"The order; a minus sign reverses it. Equal tasks follow by id; tasks without a due date come last."`
	Limit     int                 `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The maximum number of tasks per page." example:"50"`
	Cursor    string              `query:"cursor" maxLength:"1000" doc:"The nextCursor of the previous page, with the same order and filters."`
}

// Options returns the query as the SDK's type.
func (in *ListTasksInput) Options() taskapi.ListTasksOptions {
	return taskapi.ListTasksOptions{
		Completed: in.Completed.Value, Priorities: in.Priority, Tags: in.Tag,
		DueBefore: in.DueBefore.Value, DueAfter: in.DueAfter.Value,
		Query: in.Query, ListID: strings.ToLower(in.ListID), ParentID: strings.ToLower(in.ParentID),
		Deleted: in.Deleted, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor,
	}
}

// ListListsInput is the query of listLists.
type ListListsInput struct {
	Archived Optional[bool] `query:"archived" doc:"Only archived (true) or only other (false) lists; all by default." example:"false"`
	Deleted  bool           `query:"deleted" doc:"The lists in the trash instead of those outside it." example:"false"`
	Limit    int            `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The maximum number of lists per page." example:"50"`
	Cursor   string         `query:"cursor" maxLength:"1000" doc:"The nextCursor of the previous page, with the same filters."`
}

// Options returns the query as the SDK's type.
func (in *ListListsInput) Options() taskapi.ListListsOptions {
	return taskapi.ListListsOptions{Archived: in.Archived.Value, Deleted: in.Deleted, Limit: in.Limit, Cursor: in.Cursor}
}

// ResourceInput names the resource of an operation.
type ResourceInput struct {
	ID string `path:"id" format:"uuid" doc:"The resource's id." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
}

// KeyInput is the idempotency key, which every write accepts.
type KeyInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" pattern:"^[\\x21-\\x7e]+$" patternDescription:"visible ASCII characters" doc:"Makes retries safe: the first request with a key is carried out, and for a day others with the same key get its response, with the header Idempotency-Replayed." example:"f2c1a6de-9d2b-4f0e-8a1c-3b1f0f6f7a10"`
}

// MatchInput is the precondition that every operation on one resource accepts.
type MatchInput struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"Entity tags: the resource must have one of these versions; otherwise 412 with the current resource. Weak tags, and tags with a suffix that a compressing proxy adds, such as \"3-gzip\", match the version they name." example:"\"3\""`
}

// WriteInput is the request of every write of one resource; alone it is that of
// restore.
type WriteInput struct {
	ResourceInput
	KeyInput
	MatchInput
	OtherInput
}

// OtherInput is the opposite precondition, which every write of one resource accepts.
type OtherInput struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"Entity tags: the resource must have none of these versions; otherwise 412 with the current resource." example:"\"3\""`
}

// GetInput is the request to read one resource.
type GetInput struct {
	ResourceInput
	MatchInput
	KnownInput
}

// KnownInput names the versions that the caller has.
type KnownInput struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"Entity tags of the versions that the caller has: if the resource has one of them, the response is 304." example:"\"3\""`
}

// CreateInput is the request to create a resource with the content C.
type CreateInput[C any] struct {
	KeyInput
	Body C
}

// EditInput is the request to replace or update a resource by B.
type EditInput[B any] struct {
	WriteInput
	Body B
}

// DeleteInput is the request to delete or erase a resource.
type DeleteInput struct {
	WriteInput
	Permanent bool `query:"permanent" doc:"Erase the resource instead of moving it to the trash." example:"false"`
}

// GetTaskStatsInput is the query of getTaskStats.
type GetTaskStatsInput struct {
	TimeZone string `query:"timeZone" maxLength:"100" doc:"The IANA name of a time zone, in any case; that of the user's settings by default." example:"Europe/Berlin"`
}

// ListTaskOccurrencesInput is the request of listTaskOccurrences.
type ListTaskOccurrencesInput struct {
	ResourceInput
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"The maximum number of due dates." example:"3"`
}

// GetAgendaInput is the query of getAgenda.
type GetAgendaInput struct {
	GetTaskStatsInput

	Days int `query:"days" minimum:"1" maximum:"31" default:"7" doc:"The number of days, including today." example:"7"`
}

// ListChangesInput is the query of listChanges.
type ListChangesInput struct {
	After  int64  `query:"after" minimum:"0" doc:"The number to begin after: meta.changes of a list, or the number of a change. From the beginning by default." example:"184"`
	Cursor string `query:"cursor" maxLength:"40" doc:"The nextCursor of the previous page. It takes precedence over after." example:"184"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The maximum number of changes per page." example:"50"`
}

// WatchChangesInput is the request of watchChanges.
type WatchChangesInput struct {
	After       int64  `query:"after" minimum:"0" doc:"The number to begin after: meta.changes of a list. From the beginning by default." example:"184"`
	LastEventID string `header:"Last-Event-ID" maxLength:"40" doc:"The id of the last event that arrived, as browsers send it. It takes precedence over after." example:"184"`
}
