package mic_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture/mic"
)

func ExampleFind() {
	devices := []mic.Device{
		{Index: 0, Name: "Built-in Microphone", Default: true},
		{Index: 2, Name: "USB Conference Speaker"},
	}
	for _, want := range []string{"", "usb", "2", "radio"} {
		d, err := mic.Find(devices, want)
		fmt.Println(d.Name, err)
	}
	// Output:
	// Built-in Microphone <nil>
	// USB Conference Speaker <nil>
	// USB Conference Speaker <nil>
	//  no such input device: "radio", expected one of 0 "Built-in Microphone", 2 "USB Conference Speaker"
}
