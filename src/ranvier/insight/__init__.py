"""Looking inside: checks that notice what is wrong with the data and with the measure."""
