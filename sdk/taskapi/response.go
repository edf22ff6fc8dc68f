package taskapi

// TaskResponse is the response of every operation on one task.
type TaskResponse struct {
	Success bool `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    Task `json:"data"`
}
