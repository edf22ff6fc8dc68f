package sdk_test

import (
	"fmt"
	"log"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

func ExampleClient_Settings() {
	client, _, stop := exampleClient()
	defer stop()

	settings, err := client.Settings(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(settings.TimeZone, settings.WeekStart)
	// Output: UTC monday
}

func ExampleClient_UpdateSettings() {
	client, _, stop := exampleClient()
	defer stop()

	settings, err := client.UpdateSettings(ctx, taskapi.UpdateSettingsRequest{
		TimeZone: taskapi.Some("Europe/Berlin"),
	}, sdk.IfMatch(1))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(settings.TimeZone, settings.WeekStart)
	// Output: Europe/Berlin monday
}
