package taskapi

// KindSettings is the kind of [Settings].
const KindSettings Kind = "settings"

// Settings decodes the resource as settings. It fails for another kind.
func (r Resource) Settings() (Settings, error) {
	return decodeAs[Settings](KindSettings, r.Kind, r.Data)
}

// Settings decodes the settings. It fails for another kind, and with [ErrErased]
// if they have been erased.
func (c Change) Settings() (Settings, error) { return decodeChange[Settings](KindSettings, c) }

// SettingsID is the id of every user's settings.
const SettingsID = "00000000-0000-7000-8000-000000000001"

// The default settings.
const (
	DefaultTimeZone  = "UTC"
	DefaultWeekStart = Monday
)

// WeekStart is the day on which a user's week begins.
type WeekStart string

// The days on which a week may begin.
const (
	Monday   WeekStart = "monday"
	Saturday WeekStart = "saturday"
	Sunday   WeekStart = "sunday"
)

// Settings are a user's settings. Every user has them from the beginning, in
// version 1 with the defaults.
type Settings struct {
	ID        string    `json:"id" format:"uuid" doc:"The same for every user." example:"00000000-0000-7000-8000-000000000001"`
	TimeZone  string    `json:"timeZone" maxLength:"100" doc:"The IANA name of the user's time zone, which decides when a day begins and ends. UTC at first." example:"Europe/Berlin"`
	WeekStart WeekStart `json:"weekStart" enum:"monday,saturday,sunday" doc:"The day on which the user's week begins. Monday at first." example:"monday"`
	Version   int64     `json:"version" minimum:"1" doc:"Increases with every change of the settings; also their ETag." example:"1"`
}

// UpdateSettingsRequest is the body of updateSettings, a JSON merge patch (RFC
// 7396): a field left out keeps its value.
type UpdateSettingsRequest struct {
	TimeZone  Optional[string]    `json:"timeZone,omitzero" maxLength:"100" doc:"The IANA name of the user's time zone, in any case." example:"Europe/Berlin"`
	WeekStart Optional[WeekStart] `json:"weekStart,omitzero" enum:"monday,saturday,sunday" doc:"The day on which the user's week begins." example:"sunday"`
}
