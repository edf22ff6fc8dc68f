package taskapi

// Agenda is the open tasks by when they are due. Each is in it once.
type Agenda struct {
	Overdue   []Task      `json:"overdue" doc:"Tasks whose deadline has passed, the oldest first; 1,000 at most, and fewer where they are very long."`
	Days      []AgendaDay `json:"days" doc:"The days from today on, each of them, in the time zone of the request. Together they have 1,000 tasks at most, the next ones, and fewer where they are very long."`
	Later     int64       `json:"later" minimum:"0" doc:"The number of tasks that have a deadline and stand neither in overdue nor in days." example:"4"`
	Undated   int64       `json:"undated" minimum:"0" doc:"The number of tasks without a deadline." example:"7"`
	Truncated bool        `json:"truncated" doc:"Whether there are more overdue tasks, or more in the days, than are listed. Those left out are counted in later." example:"false"`
}

// AgendaDay is one day of an agenda.
type AgendaDay struct {
	Date  string `json:"date" format:"date" doc:"The day in the time zone of the request." example:"2026-11-30"`
	Tasks []Task `json:"tasks" doc:"The tasks due on this day that are not overdue, the next first."`
}

// AgendaOptions are the parameters of getAgenda.
type AgendaOptions struct {
	// TimeZone is the IANA name of the zone whose days are meant; empty means
	// that of the user's settings.
	TimeZone string
	// Days is the number of days, today included, of 1 to [MaxAgendaDays]; zero
	// means [DefaultAgendaDays].
	Days int
}

// The numbers of days of an agenda.
const (
	DefaultAgendaDays = 7
	MaxAgendaDays     = 31
)

// AgendaResponse is the response of getAgenda.
type AgendaResponse struct {
	Success bool   `json:"success" enum:"true" doc:"Always true in a response with status 2xx."`
	Data    Agenda `json:"data"`
}
