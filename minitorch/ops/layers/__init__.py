"""What whole layers compute: normalisation, dropout, attention, recurrent cells."""
