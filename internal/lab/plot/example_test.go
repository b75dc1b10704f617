package plot_test

import (
	"bytes"
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/lab/plot"
)

func Example() {
	var file bytes.Buffer
	if err := plot.Write(&file, plot.SVG, demo.Reference(), plot.Options{Title: "The garden"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bytes.Contains(file.Bytes(), []byte(">The garden<")))
	// Output: true
}
