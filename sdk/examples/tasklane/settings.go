package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

func (s *session) settings(ctx context.Context, args []string) error {
	zone := s.flags.String("zone", "", "your time `zone`, such as Europe/Berlin")
	weekStart := s.flags.String("week-start", "", "the `day` on which your week begins: monday, saturday or sunday")
	words, err := s.start(args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usageError("settings takes no arguments; \"tasklane settings -h\" shows the flags")
	}
	var changes taskapi.UpdateSettingsRequest
	if *zone != "" {
		changes.TimeZone = taskapi.Some(*zone)
	}
	if *weekStart != "" {
		changes.WeekStart = taskapi.Some(taskapi.WeekStart(*weekStart))
	}
	var settings taskapi.Settings
	if changes == (taskapi.UpdateSettingsRequest{}) {
		settings, err = s.client.Settings(ctx)
	} else {
		settings, err = s.client.UpdateSettings(ctx, changes)
	}
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(settings)
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "time zone\t%s\nweek start\t%s\n", settings.TimeZone, settings.WeekStart)
	return table.Flush()
}
