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

// Responses, by their names in the OpenAPI documents; those of a kind are in its file.
// ResourceListResponse is that of batch: the resource of each operation, in order, as it is
// after the whole batch, or an erased one as it last was.
type (
	StatsResponse          = Response[Stats]
	AgendaResponse         = Response[Agenda]
	OccurrenceListResponse = Response[[]Occurrence]
	ResourceListResponse   = Response[[]Resource]
)
