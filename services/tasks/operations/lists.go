package operations

import "github.com/tasklane/tasklane/sdk/taskapi"

var lists = many[ListListsInput, taskapi.List](taskapi.ListOperations, Kind{
	Name: taskapi.KindList, Title: "List", Path: "/api/lists", Maximum: taskapi.MaxLists,
	tag: "Lists", about: "The user's own lists.",
	onList:    ", in their manual order, a page at a time.",
	onDelete:  " The tasks of the list go to the trash with it. With permanent=true all its tasks are erased, also those that were in the trash before.",
	onRestore: " The tasks that went to the trash with it are restored, too.",
})

// ListListsInput is the query of listLists.
type ListListsInput struct {
	Archived Optional[bool] `query:"archived" doc:"Only archived (true) or only other (false) lists; all by default." example:"false"`
	Deleted  bool           `query:"deleted" doc:"The lists in the trash instead of those outside it." example:"false"`
	Limit    int            `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The maximum number of lists per page." example:"50"`
	Cursor   string         `query:"cursor" maxLength:"1000" doc:"The nextCursor of the previous page, with the same filters."`
}

func (in *ListListsInput) options() any {
	return taskapi.ListListsOptions{Archived: in.Archived.Value, Deleted: in.Deleted, Limit: in.Limit, Cursor: in.Cursor}
}
