package operations

import (
	"context"
	"fmt"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/wirejson"
)

// eventOverhead is an upper bound of an event's size without its data.
const eventOverhead = 256

// ChangePage is a page of changes for the streams of watchChanges.
type ChangePage struct {
	// Events are the changes, encoded.
	Events []byte
	// Changes is their number.
	Changes int
	// Next is where to continue, More whether there are further changes already.
	Next taskapi.ChangeCursor
	More bool
}

// Size is the memory of the events.
func (p ChangePage) Size() int64 { return int64(cap(p.Events)) }

// NewChangePage encodes changes. The id of an event is the cursor from.At its change.
func NewChangePage(changes []taskapi.Change, from, next taskapi.ChangeCursor, more bool) (ChangePage, error) {
	size := 0
	for _, change := range changes {
		size += len(change.Data) + eventOverhead
	}
	p := ChangePage{Events: make([]byte, 0, size), Changes: len(changes), Next: next, More: more}
	for _, change := range changes {
		data, err := wirejson.Marshal(change)
		if err != nil {
			return ChangePage{}, fmt.Errorf("encode change %d: %w", change.Seq, err)
		}
		p.Events = httpapi.AppendEvent(p.Events, from.At(change.Seq).String(), "change", data)
	}
	return p, nil
}

// Ready adds the event ready of a stream that begins after a position, and whose next events
// are the page. It returns the memory that the operation of ctx has reserved, which must be
// released once the page is sent.
func (p ChangePage) Ready(ctx context.Context, events *httpapi.Events, after taskapi.ChangeCursor) *httpapi.Reservation {
	reservation := httpapi.ReservationOf(ctx)
	reservation.Shrink(p.Size() + httpapi.EventsMemory)
	events.Add("ready", fmt.Appendf(nil, `{"seq":%d}`, after.After))
	return reservation
}
