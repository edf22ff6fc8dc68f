package taskapi

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"
)

// zoneNames are the names in the IANA time zone database, one a line.
//
//go:embed zones.txt
var zoneNames string

// loaded caches zones by name: [time.LoadLocation] reads and allocates several
// kilobytes each time, and servers hold a zone per user.
var loaded sync.Map

// zones maps lower-case names of zones to their spelling.
var zones = sync.OnceValue(func() map[string]string {
	zones := make(map[string]string)
	for name := range strings.FieldsSeq(zoneNames) {
		zones[strings.ToLower(name)] = name
	}
	return zones
})

// LoadZone returns the time zone with a name of the IANA database, such as
// Europe/Berlin, in any case. Other names fail, including the empty one and Local, which
// [time.LoadLocation] accepts. Each zone is loaded once.
func LoadZone(name string) (*time.Location, error) {
	spelling, known := zones()[strings.ToLower(name)]
	if !known {
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	if zone, ok := loaded.Load(spelling); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(spelling)
	if err != nil {
		return nil, err
	}
	first, _ := loaded.LoadOrStore(spelling, zone)
	return first.(*time.Location), nil
}
