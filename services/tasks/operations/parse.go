package operations

import (
	"time"
	_ "time/tzdata" // for Zone, on machines without time zones

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Begin returns the position at which the page begins.
func (in *ListChangesInput) Begin() (taskapi.ChangeCursor, error) {
	return begin(in.After, in.Cursor, taskapi.FieldError{Field: "cursor", Code: taskapi.FieldType, Message: "must be the nextCursor of a page"})
}

// Begin returns the position at which the stream begins.
func (in *WatchChangesInput) Begin() (taskapi.ChangeCursor, error) {
	return begin(in.After, in.LastEventID, taskapi.FieldError{Field: "Last-Event-ID", Code: taskapi.FieldType, Message: "must be the id of an event"})
}

func begin(after int64, cursor string, invalid taskapi.FieldError) (taskapi.ChangeCursor, error) {
	if cursor == "" {
		return taskapi.ChangeCursor{After: after}, nil
	}
	from, err := taskapi.ParseChangeCursor(cursor)
	if err != nil {
		return from, httpapi.Invalid(invalid)
	}
	return from, nil
}

// Zone returns the time zone of the parameter timeZone, or nil for that of the user's
// settings.
func Zone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	zone, err := taskapi.LoadZone(name)
	if err != nil {
		return nil, httpapi.Invalid(taskapi.FieldError{
			Field: "timeZone", Code: taskapi.FieldNotAllowed,
			Message: "must be the IANA name of a time zone, such as Europe/Berlin, or UTC if it is not known",
		})
	}
	return zone, nil
}
