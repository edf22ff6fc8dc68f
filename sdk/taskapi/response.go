package taskapi

// TaskResponse is the answer of every operation on one task.
type TaskResponse struct {
	Success bool `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    Task `json:"data"`
}
