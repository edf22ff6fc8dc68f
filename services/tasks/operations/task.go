package operations

import (
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

var tasks = many[ListTasksInput, taskapi.Task](taskapi.TaskOperations, Kind{
	Name: taskapi.KindTask, Title: "Task", Path: "/api/tasks",
	tag: "Tasks", about: "The signed-in user's own to-do list.",
	onList:    ", a page at a time. A task that does not change while the pages are read is on exactly one of them, even if others are created, changed or deleted.",
	onUpdate:  " Completing a task completes its sub-tasks, opening one opens the tasks above it. Completing a recurring task creates the next one, with copies of the sub-tasks, and nextId names it; opening it again erases the next one unless that was changed. Sub-tasks follow a task to another list.",
	onDelete:  " Its sub-tasks go to the trash with it. With permanent=true they are erased, also those that were in the trash before.",
	onRestore: " The sub-tasks that went to the trash with it, or with the same task or list, are restored, too. A task whose parent is erased or in the trash becomes a top-level task; one whose list is, moves to the Inbox.",
	onMove:    " With listId or parentId it moves to another list or below another task, with its sub-tasks; without after and before it becomes the last there. The other task must have the same list and parent.",
})

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

func (in *ListTasksInput) options() any {
	return taskapi.ListTasksOptions{
		Completed: in.Completed.Value, Priorities: in.Priority, Tags: in.Tag,
		DueBefore: in.DueBefore.Value, DueAfter: in.DueAfter.Value,
		Query: in.Query, ListID: strings.ToLower(in.ListID), ParentID: strings.ToLower(in.ParentID),
		Deleted: in.Deleted, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor,
	}
}
