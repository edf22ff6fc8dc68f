package operations

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

// WriteInput is the request of restore, and part of the request of every other write of
// one resource.
type WriteInput struct {
	ResourceInput
	KeyInput
	MatchInput
	OtherInput
}

// OtherInput is the opposite of MatchInput, which every write of one resource accepts.
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
