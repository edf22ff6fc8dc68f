package taskapi

// ChangeType says what became of a task.
type ChangeType string

// The types of a change.
const (
	// ChangeUpsert: the task was created or changed; the trash counts as a
	// change.
	ChangeUpsert ChangeType = "upsert"
	// ChangeDelete: the task was erased for good.
	ChangeDelete ChangeType = "delete"
)

// Change is a place in a user's change sequence. Numbers rise without end but
// not by one: a task that changed several times stands only at its latest.
type Change struct {
	Seq    int64      `json:"seq" minimum:"1" doc:"The change's number, higher than that of every earlier change." example:"184"`
	Type   ChangeType `json:"type" enum:"upsert,delete" doc:"delete when the task was erased for good; the trash is an upsert." example:"upsert"`
	TaskID string     `json:"taskId" format:"uuid" example:"019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"`
	Task   *Task      `json:"task" doc:"The task as it is now; null when it was erased."`
}

// ListChangesOptions is the query of listChanges.
type ListChangesOptions struct {
	// After is the number after which to begin: [ListMeta.Changes] of a list
	// or [ChangesMeta.NextCursor]. Zero means from the beginning.
	After int64
	// Limit is the number of changes on a page, from 1 to [MaxListLimit];
	// zero means [DefaultListLimit].
	Limit int
}

// ChangeListResponse is the answer of listChanges.
type ChangeListResponse struct {
	Success bool        `json:"success" enum:"true" doc:"Always true in an answer of status 2xx."`
	Data    []Change    `json:"data"`
	Meta    ChangesMeta `json:"meta"`
}

// ChangesMeta says where a page of changes stands.
type ChangesMeta struct {
	NextCursor int64 `json:"nextCursor" minimum:"0" doc:"The number to continue after." example:"184"`
	HasMore    bool  `json:"hasMore" doc:"Whether there are more changes already." example:"false"`
}
