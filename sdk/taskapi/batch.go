package taskapi

// MaxBatchOperations is the number of operations one batch may hold.
const MaxBatchOperations = 100

// BatchOp names what an operation of a batch does.
type BatchOp string

// The operations of a batch.
const (
	BatchCreate BatchOp = "create"
	BatchUpdate BatchOp = "update"
	BatchDelete BatchOp = "delete"
)

// BatchRequest is the body of batchTasks: operations that are carried out in
// order, all or none.
type BatchRequest struct {
	Operations []BatchOperation `json:"operations" minItems:"1" maxItems:"100"`
}

// BatchOperation is one step of a batch. Which fields it has depends on Op:
// Task to create; ID, Changes and, if wanted, Version to update; ID and, if
// wanted, Version to delete (into the trash).
type BatchOperation struct {
	Op      BatchOp            `json:"op" enum:"create,update,delete" doc:"What to do." example:"update"`
	ID      string             `json:"id,omitzero" format:"uuid" doc:"The task to update or delete." example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Version int64              `json:"version,omitzero" minimum:"1" doc:"The version the task must have for the batch to go ahead; any without it." example:"3"`
	Task    *CreateTaskRequest `json:"task,omitzero" doc:"The task to create."`
	Changes *UpdateTaskRequest `json:"changes,omitzero" doc:"The fields to set in an update."`
}

// CreateInBatch returns the operation that creates a task.
func CreateInBatch(task CreateTaskRequest) BatchOperation {
	return BatchOperation{Op: BatchCreate, Task: &task}
}

// UpdateInBatch returns the operation that sets the present fields of a task.
// A version of zero means any.
func UpdateInBatch(id string, version int64, changes UpdateTaskRequest) BatchOperation {
	return BatchOperation{Op: BatchUpdate, ID: id, Version: version, Changes: &changes}
}

// DeleteInBatch returns the operation that moves a task to the trash. A
// version of zero means any.
func DeleteInBatch(id string, version int64) BatchOperation {
	return BatchOperation{Op: BatchDelete, ID: id, Version: version}
}

// BatchResponse is the answer of batchTasks: each operation's task, in order,
// as the whole batch left it.
type BatchResponse struct {
	Success bool   `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Task `json:"data"`
}
