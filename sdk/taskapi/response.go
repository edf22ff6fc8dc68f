package taskapi

// Response is the body of a success.
type Response[T any] struct {
	Success bool `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    T    `json:"data"`
}

// PageResponse is the body of a success with a page of a list.
type PageResponse[T any] struct {
	Success bool     `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    []T      `json:"data"`
	Meta    ListMeta `json:"meta"`
}

// Responses by their names in the document; those of a kind are in its file. That of batch has each operation's
// resource, in order, as the whole batch left it; an erased one is as it was before.
type (
	StatsResponse          = Response[Stats]
	AgendaResponse         = Response[Agenda]
	OccurrenceListResponse = Response[[]Occurrence]
	ResourceListResponse   = Response[[]Resource]
)
