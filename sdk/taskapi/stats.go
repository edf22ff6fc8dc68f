package taskapi

// MaxStatsTags is the maximum number of tags in getTaskStats: those with the most
// open tasks.
const MaxStatsTags = 100

// Stats counts a user's tasks. All but Completed and Deleted count open tasks
// outside the trash. Only Deleted and ByList count those of archived lists.
type Stats struct {
	Open       int64              `json:"open" minimum:"0" doc:"Tasks that are not finished." example:"3"`
	Completed  int64              `json:"completed" minimum:"0" doc:"Tasks that are finished." example:"9"`
	Overdue    int64              `json:"overdue" minimum:"0" doc:"Open tasks whose due date has passed." example:"1"`
	DueToday   int64              `json:"dueToday" minimum:"0" doc:"Open tasks due today in the time zone, including overdue ones." example:"2"`
	Undated    int64              `json:"undated" minimum:"0" doc:"Open tasks without a due date." example:"1"`
	Deleted    int64              `json:"deleted" minimum:"0" doc:"Tasks in the trash." example:"0"`
	ByPriority map[Priority]int64 `json:"byPriority" doc:"Open tasks of each priority; every priority is present."`
	ByTag      []TagCount         `json:"byTag" doc:"Open tasks of each tag, in its most used spelling; the most used tag first, at most 100 tags."`
	ByList     []ListCount        `json:"byList" doc:"Open tasks of each list that has any, the Inbox first, archived lists included."`
}

// ListCount is the number of open tasks in a list.
type ListCount struct {
	ListID *string `json:"listId" format:"uuid" doc:"The list; null for the Inbox." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Count  int64   `json:"count" minimum:"1" example:"2"`
}

// TagCount is the number of open tasks that have a tag.
type TagCount struct {
	Tag   string `json:"tag" example:"home"`
	Count int64  `json:"count" minimum:"1" example:"2"`
}
