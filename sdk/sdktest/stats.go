package sdktest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *Server) taskStats(c *call) (*reply, *problem) {
	zone := time.UTC
	var f faults
	f.parameter(c.request.URL.Query(), "timeZone", func(f *faults, name, text string) {
		var err error
		// "Local" is no zone's name, but Go takes it.
		if zone, err = time.LoadLocation(text); err != nil || text == "Local" {
			f.add(name, taskapi.FieldNotAllowed, "is not the name of a time zone")
		}
	})
	if p := f.problem(); p != nil {
		return nil, p
	}
	stats := c.tx.user.stats(c.tx.now, zone)
	return newReply(http.StatusOK, taskapi.StatsResponse{Success: true, Data: stats}), nil
}

// stats counts the user's tasks.
func (u *user) stats(now time.Time, zone *time.Location) taskapi.Stats {
	year, month, day := now.In(zone).Date()
	begins, ends := time.Date(year, month, day, 0, 0, 0, 0, zone), time.Date(year, month, day+1, 0, 0, 0, 0, zone)
	stats := taskapi.Stats{ByPriority: make(map[taskapi.Priority]int64), ByTag: []taskapi.TagCount{}}
	for _, priority := range taskapi.Priorities() {
		stats.ByPriority[priority] = 0
	}
	tags := make(map[string]int64)
	for _, e := range u.tasks {
		switch {
		case e.task.DeletedAt != nil:
			stats.Deleted++
			continue
		case e.task.Completed:
			stats.Completed++
			continue
		}
		stats.Open++
		stats.ByPriority[e.task.Priority]++
		for _, tag := range e.task.Tags {
			tags[tag]++
		}
		due := e.task.DueAt
		if due == nil {
			stats.Undated++
			continue
		}
		if due.Before(now) {
			stats.Overdue++
		}
		if !due.Before(begins) && due.Before(ends) {
			stats.DueToday++
		}
	}
	for tag, count := range tags {
		stats.ByTag = append(stats.ByTag, taskapi.TagCount{Tag: tag, Count: count})
	}
	slices.SortFunc(stats.ByTag, func(a, b taskapi.TagCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Tag, b.Tag))
	})
	stats.ByTag = stats.ByTag[:min(len(stats.ByTag), taskapi.MaxStatsTags)]
	return stats
}
