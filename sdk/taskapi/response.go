package taskapi

// TaskResponse is the answer of every operation on one task.
type TaskResponse struct {
	Success bool `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    Task `json:"data"`
}

// TaskListResponse is the answer of listTasks.
type TaskListResponse struct {
	Success bool     `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Task   `json:"data"`
	Meta    ListMeta `json:"meta"`
}

// ListMeta says where a page of tasks stands.
type ListMeta struct {
	NextCursor *string `json:"nextCursor" doc:"The cursor of the next page; null on the last one." example:"eyJ2IjoxfQ"`
	Changes    int64   `json:"changes" minimum:"0" doc:"The user's change number at the time of the list." example:"184"`
}
