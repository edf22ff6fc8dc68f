package taskapi

import "time"

// KindTask is the kind of a [Task].
const KindTask Kind = "task"

// TaskOperations makes the batch operations on tasks.
var TaskOperations = Operations[CreateTaskRequest, ReplaceTaskRequest, UpdateTaskRequest, MoveTaskRequest]{KindTask}

// TaskResponse is the response with a task, TaskListResponse that of listTasks.
type (
	TaskResponse     = Response[Task]
	TaskListResponse = PageResponse[Task]
)

// Task decodes the resource as a task. It fails for another kind.
func (r Resource) Task() (Task, error) { return decodeAs[Task](KindTask, r.Kind, r.Data) }

// Task decodes the task. It fails for another kind, and with [ErrErased] if the
// task has been erased.
func (c Change) Task() (Task, error) { return decodeChange[Task](KindTask, c) }

// Limits of a task's text, in Unicode code points, and of its tags.
const (
	MaxTitleLength       = 500
	MaxDescriptionLength = 20_000
	MaxTagLength         = 50
	MaxTags              = 20
)

// Priority says how urgent a task is. The empty Priority in a request means
// [None].
type Priority string

// The priorities, from least to most urgent.
const (
	None   Priority = "none"
	Low    Priority = "low"
	Medium Priority = "medium"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

// Priorities returns every priority, from least to most urgent.
func Priorities() []Priority {
	return []Priority{None, Low, Medium, High, Urgent}
}

// Task is an entry of a user's to-do list. Every response has every field; a nil
// pointer is the JSON null.
type Task struct {
	ID             string         `json:"id" format:"uuid" doc:"Set by the server. Ids sort by creation (UUID version 7)." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Title          string         `json:"title" maxLength:"500" doc:"What is to be done. Empty only in a replayed response about a task that has been erased since." example:"Water the plants"`
	Description    string         `json:"description" maxLength:"20000" doc:"Notes, as plain text." example:"The ones on the balcony too."`
	Completed      bool           `json:"completed" doc:"Whether the task is done." example:"false"`
	CompletedAt    *time.Time     `json:"completedAt" doc:"When the task was completed; null while it is open." example:"2026-11-23T09:30:00Z"`
	Priority       Priority       `json:"priority" enum:"none,low,medium,high,urgent" doc:"How urgent the task is." example:"high"`
	DueAt          *time.Time     `json:"dueAt" doc:"When the task should be finished; null without a deadline. With dueOn it is the last second of that day in the time zone of the user's settings." example:"2026-11-30T17:00:00Z"`
	DueOn          *string        `json:"dueOn" format:"date" doc:"The day on which the task is due, if the time does not matter; otherwise null." example:"2026-11-30"`
	Tags           []string       `json:"tags" maxItems:"20" uniqueItems:"true" doc:"Labels, in the order they were given." example:"home,garden"`
	ListID         *string        `json:"listId" format:"uuid" doc:"The list that the task is in; null in the Inbox." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ParentID       *string        `json:"parentId" format:"uuid" doc:"The parent of a sub-task, which is in the same list; null for a top-level task." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Recurrence     *string        `json:"recurrence" maxLength:"200" doc:"How the task recurs, as a rule of RFC 5545; null if it does not. Completing it creates the next one." example:"FREQ=WEEKLY;BYDAY=MO,WE"`
	RecurrenceFrom RecurrenceFrom `json:"recurrenceFrom" enum:"due,completion" doc:"Whether the next due date is counted from this one or from the day of the completion." example:"due"`
	NextID         *string        `json:"nextId" format:"uuid" doc:"The task that was created when this one was completed; null for none." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Position       string         `json:"position" doc:"The task's place in the manual order: compare positions byte by byte, then ids. Opaque: moveTask changes it. A new task is last." example:"01c8yEZu2NQTy5qKs5kRVp"`
	Version        int64          `json:"version" minimum:"1" doc:"Increases with every change of this task; also its ETag." example:"1"`
	CreatedAt      time.Time      `json:"createdAt" example:"2026-11-23T08:00:00Z"`
	UpdatedAt      time.Time      `json:"updatedAt" example:"2026-11-23T08:00:00Z"`
	DeletedAt      *time.Time     `json:"deletedAt" doc:"When the task was moved to the trash; null outside it." example:"2026-11-24T08:00:00Z"`
}

// Overdue reports whether the task is open and its due date has passed.
func (t Task) Overdue(now time.Time) bool {
	return !t.Completed && t.DueAt != nil && t.DueAt.Before(now)
}

// CreateTaskRequest is the body of createTask. A zero field is left out of the
// JSON and takes its default.
type CreateTaskRequest struct {
	Title          string         `json:"title" minLength:"1" maxLength:"500" doc:"What is to be done. Surrounding white space is removed." example:"Water the plants"`
	Description    string         `json:"description,omitzero" maxLength:"20000" doc:"Notes, as plain text. Empty by default." example:"The ones on the balcony too."`
	Completed      bool           `json:"completed,omitzero" doc:"Whether the task is done already. False by default." example:"false"`
	Priority       Priority       `json:"priority,omitzero" enum:"none,low,medium,high,urgent" doc:"How urgent the task is. None by default." example:"high"`
	DueAt          *time.Time     `json:"dueAt,omitempty" nullable:"true" doc:"When the task should be finished; null or absent for no deadline." example:"2026-11-30T17:00:00Z"`
	DueOn          *string        `json:"dueOn,omitempty" format:"date" nullable:"true" doc:"The day on which the task should be finished, in the years 1 to 9998. It takes precedence over dueAt." example:"2026-11-30"`
	Tags           []string       `json:"tags,omitzero" maxItems:"20" doc:"Labels of 1 to 50 characters each. Of those that differ only in case, the first is kept. None by default." example:"home,garden"`
	ListID         *string        `json:"listId,omitempty" nullable:"true" format:"uuid" doc:"The list that the task is in; null or absent for the parent's list, or the Inbox without a parent." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ParentID       *string        `json:"parentId,omitempty" nullable:"true" format:"uuid" doc:"The parent of a sub-task; null or absent for a top-level task. There are at most four levels." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Recurrence     *string        `json:"recurrence,omitempty" maxLength:"200" nullable:"true" doc:"How the task recurs, as a rule of RFC 5545; null or absent if it does not. The rule has FREQ (DAILY, WEEKLY, MONTHLY or YEARLY), and may have INTERVAL, COUNT, UNTIL, WKST, BYDAY, BYMONTHDAY, BYMONTH and BYSETPOS. The service adds one BYHOUR and BYMINUTE when the clocks skip the time of day. A rule needs dueAt or dueOn; with dueOn, UNTIL is a date." example:"FREQ=WEEKLY;BYDAY=MO,WE"`
	RecurrenceFrom RecurrenceFrom `json:"recurrenceFrom,omitzero" enum:"due,completion" doc:"Whether the next due date is counted from this one or from the day of the completion. From this one by default." example:"due"`
}

// ReplaceTaskRequest is the body of replaceTask: the whole new content. A field left
// out takes its default.
type ReplaceTaskRequest CreateTaskRequest

// UpdateTaskRequest is the body of updateTask, a JSON merge patch (RFC 7396):
// a field left out keeps its value. DueAt, DueOn, ListID, ParentID and Recurrence may
// be null: the task then has no deadline, is in the Inbox, is no sub-task, or does not
// recur. DueAt and DueOn replace each other.
type UpdateTaskRequest struct {
	Title          Optional[string]         `json:"title,omitzero" minLength:"1" maxLength:"500" doc:"What is to be done. Surrounding white space is removed." example:"Water the plants"`
	Description    Optional[string]         `json:"description,omitzero" maxLength:"20000" doc:"Notes, as plain text." example:"The ones on the balcony too."`
	Completed      Optional[bool]           `json:"completed,omitzero" doc:"Whether the task is done." example:"true"`
	Priority       Optional[Priority]       `json:"priority,omitzero" enum:"none,low,medium,high,urgent" doc:"How urgent the task is." example:"high"`
	DueAt          Optional[*time.Time]     `json:"dueAt,omitzero" nullable:"true" doc:"When the task should be finished; null removes the deadline." example:"2026-11-30T17:00:00Z"`
	DueOn          Optional[*string]        `json:"dueOn,omitzero" format:"date" nullable:"true" doc:"The day on which the task should be finished; it replaces dueAt, as dueAt replaces it. Null removes the deadline. If both are set, the day takes precedence." example:"2026-11-30"`
	Tags           Optional[[]string]       `json:"tags,omitzero" maxItems:"20" doc:"Labels of 1 to 50 characters each; they replace the previous ones. Of those that differ only in case, the first is kept." example:"home,garden"`
	ListID         Optional[*string]        `json:"listId,omitzero" nullable:"true" format:"uuid" doc:"The list that the task is in; null for the Inbox. It must be the parent's list. Sub-tasks move with the task, which keeps its position." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ParentID       Optional[*string]        `json:"parentId,omitzero" nullable:"true" format:"uuid" doc:"The new parent, to whose list the task moves; null makes it a top-level task. There are at most four levels." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Recurrence     Optional[*string]        `json:"recurrence,omitzero" maxLength:"200" nullable:"true" doc:"How the task recurs, as a rule of RFC 5545; null if it does not. The rule has FREQ (DAILY, WEEKLY, MONTHLY or YEARLY), and may have INTERVAL, COUNT, UNTIL, WKST, BYDAY, BYMONTHDAY, BYMONTH and BYSETPOS. The service adds one BYHOUR and BYMINUTE when the clocks skip the time of day. A rule needs dueAt or dueOn; with dueOn, UNTIL is a date." example:"FREQ=WEEKLY;BYDAY=MO,WE"`
	RecurrenceFrom Optional[RecurrenceFrom] `json:"recurrenceFrom,omitzero" enum:"due,completion" doc:"Whether the next due date is counted from this one or from the day of the completion." example:"due"`
}

// MaxLevels is the maximum number of levels: a task and three levels of sub-tasks.
const MaxLevels = 4

// MoveTaskRequest is the body of moveTask: the task's new place in the manual order of
// its own or another list or parent. At most one of After and Before is set; without
// both, the task becomes the last one in ListID or below ParentID.
type MoveTaskRequest struct {
	ListID   Optional[*string] `json:"listId,omitzero" format:"uuid" nullable:"true" doc:"Moves the task to this list; null is the Inbox. The task is then not a sub-task, unless parentId names a parent in this list." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	ParentID Optional[*string] `json:"parentId,omitzero" format:"uuid" nullable:"true" doc:"Makes the task a sub-task of this one; null makes it a top-level task." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	After    Optional[*string] `json:"after,omitzero" format:"uuid" nullable:"true" doc:"Places the task after this one; null places it first." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Before   Optional[*string] `json:"before,omitzero" format:"uuid" nullable:"true" doc:"Places the task before this one; null places it last." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
}
