"""The audio front end of a voice agent."""
